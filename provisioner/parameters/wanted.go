package parameters

// WantedSource returns the value of pvsource, also where it is not given.
func (p *Parameters) WantedSource() string {
	if p.Source == "" {
		return auto
	}
	return string(p.Source)
}
