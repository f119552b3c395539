package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/util"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/classes"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/reach"
	"glusterfs-provisioner/provisioner/volume"
)

// judgement judges manifests, and prints a line for each verdict.
type judgement struct {
	provisioner string
	out         io.Writer
	classes     map[string]*storagev1.StorageClass
	// named are the Secrets that classes of the provisioner name.
	named map[volume.SecretRef]bool
	keys  *keys
	// asks tells that heketis are asked, too.
	asks bool

	judged         int
	wrong, unknown bool
}

func newJudgement(options *validateOptions, all []manifest, keys *keys, out io.Writer) *judgement {
	j := &judgement{
		provisioner: options.ProvisionerName, out: out, keys: keys, asks: options.Check,
		classes: map[string]*storagev1.StorageClass{}, named: map[volume.SecretRef]bool{},
	}
	for _, object := range all {
		if object.Class == nil {
			continue
		}
		j.classes[object.Class.Name] = object.Class
		if params, err := parameters.Parse(object.Class.Parameters); err == nil && object.Class.Provisioner == j.provisioner && params.Heketi.Secret != nil {
			j.named[*params.Heketi.Secret] = true
		}
	}
	return j
}

// judge prints what is to be said of an object.
func (j *judgement) judge(ctx context.Context, object manifest) {
	if object.Secret != nil && !j.concerns(object.Secret) {
		return
	}
	var said verdict
	if object.Problem != "" {
		said.problems = append(said.problems, object.Problem)
	}
	switch {
	case object.Class != nil:
		j.judgeClass(ctx, object.Class, &said)
	case object.Secret != nil:
		said.problems = append(said.problems, reach.SecretProblems(object.Secret)...)
		said.advice = reach.SecretAdvice(object.Secret)
	case object.Claim != nil:
		j.judgeClaim(object, &said)
	}
	j.print(object, said)
}

// verdict is what is said of an object.
type verdict struct {
	// passed says why it is not judged; empty if it is.
	passed                              string
	problems, unknown, advice, findings []string
}

func (j *judgement) judgeClass(ctx context.Context, class *storagev1.StorageClass, said *verdict) {
	if class.Provisioner != j.provisioner {
		said.passed = fmt.Sprintf("its provisioner is %q, not %q", class.Provisioner, j.provisioner)
		return
	}
	params, problems := classes.Problems(class, "")
	said.problems = append(said.problems, problems...)
	if params == nil {
		return
	}
	said.advice = classes.Advice(class, params)
	if !j.asks && !j.keys.inFiles(params.Heketi.Secret) {
		return
	}
	client, err := j.keys.connect(ctx, params, class.Name)
	switch {
	case reach.IsUnread(err):
		said.unknown = append(said.unknown, err.Error())
		return
	case err != nil:
		said.problems = append(said.problems, err.Error())
		return
	case !j.asks:
		return
	}
	outlook := classes.Ask(ctx, client, params)
	said.problems = append(said.problems, outlook.Problems...)
	said.unknown = append(said.unknown, outlook.Unknown...)
	said.advice = append(said.advice, outlook.Advice...)
	said.findings = outlook.Fine
}

// concerns says whether a Secret is for a heketi: by its type, or because a class names it.
func (j *judgement) concerns(secret *v1.Secret) bool {
	return reach.IsForHeketis(secret) || j.named[volume.SecretRef{Namespace: secret.Namespace, Name: secret.Name}]
}

// judgeClaim takes a claim for the provisioner's if its class is not in the files.
func (j *judgement) judgeClaim(object manifest, said *verdict) {
	var source volume.Source
	name := util.GetPersistentVolumeClaimClass(object.Claim)
	class, found := j.classes[name]
	switch {
	case name == "" && object.Claim.Spec.StorageClassName != nil:
		said.passed = "its storageClassName is empty, so no volume is made for it"
		return
	case found && class.Provisioner != j.provisioner:
		said.passed = fmt.Sprintf("the provisioner of its StorageClass %q is %q, not %q", name, class.Provisioner, j.provisioner)
		return
	case found:
		if params, err := parameters.Parse(class.Parameters); err == nil {
			source = params.Source
		}
	}
	said.problems = append(said.problems, provisioner.ClaimProblems(object.Claim, source)...)
	if object.AttributesClass != "" {
		said.problems = append(said.problems, provisioner.AttributesClassProblem(object.AttributesClass))
	}
}

// print prints a line for each thing that is said.
func (j *judgement) print(object manifest, said verdict) {
	line := func(kind string, texts ...string) {
		for _, text := range texts {
			fmt.Fprintf(j.out, "%s:%d: %s: %s%s\n", object.file, object.Line, object.Name, kind, strings.ReplaceAll(text, "\n", "; "))
		}
	}
	if said.passed != "" {
		line("not judged: ", said.passed)
		return
	}
	j.judged++
	j.wrong = j.wrong || len(said.problems) > 0
	j.unknown = j.unknown || len(said.unknown) > 0
	line("wrong: ", said.problems...)
	line("not known: ", said.unknown...)
	line("advice: ", said.advice...)
	line("", said.findings...)
	if len(said.problems)+len(said.unknown) == 0 {
		line("", "fine")
	}
}

// status returns the exit status of all verdicts.
func (j *judgement) status() (int, error) {
	switch {
	case j.judged == 0:
		return exitUnknown, fmt.Errorf("nothing was judged: the files have no StorageClass with provisioner %s, no Secret of a heketi, and no claim", j.provisioner)
	case j.wrong:
		return exitFound, nil
	case j.unknown:
		return exitUnknown, errors.New("not everything could be asked")
	}
	return exitOK, nil
}
