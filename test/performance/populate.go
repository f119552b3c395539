package main

import (
	"context"
	"errors"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/limit"
	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/population"
	"glusterfs-provisioner/test/performance/stage"
)

// populate has the provisioner make one volume, ends it, and adds as many copies. Their
// volumes are spread over so many clusters of a heketi that has them; with 0 they are in
// none, and nobody can ask for them. It returns a claim that is yet to be made, and the
// heketi that it is made in.
func populate(ctx context.Context, set *stage.Stage, s subject, volumes, clusters int) (load.Claims, *bench.Heketi, error) {
	heketi, err := set.StartHeketiWith(ctx, bench.HeketiOptions{Clusters: clusters})
	if err != nil {
		return load.Claims{}, nil, err
	}
	pair, err := makePair(ctx, set, s, heketi)
	if err != nil {
		return load.Claims{}, nil, err
	}
	if err := errors.Join(set.StopProvisioner(), set.Cluster.StopControllerManager()); err != nil {
		return load.Claims{}, nil, err
	}
	in := population.Nowhere()
	if clusters > 0 {
		in = population.Heketi{URL: heketi.URL(), Clusters: heketi.Clusters()}
	}
	made, err := population.Fill(ctx, set.Cluster, pair, in, volumes)
	if err == nil && clusters > 0 {
		err = give(ctx, heketi, made)
	}
	if err != nil {
		return load.Claims{}, nil, err
	}
	if err := set.Cluster.StartControllerManager(ctx); err != nil {
		return load.Claims{}, nil, err
	}
	others, err := set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), 1, s.parameters)
	return others, heketi, errors.Join(err, pause(ctx, restAfter)) // for kube-controller-manager
}

// makePair has the provisioner make one claim's volume.
func makePair(ctx context.Context, set *stage.Stage, s subject, heketi *bench.Heketi) (population.Pair, error) {
	first, err := set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), 1, s.parameters)
	if err != nil {
		return population.Pair{}, err
	}
	if _, err := first.Bind(ctx); err != nil {
		return population.Pair{}, err
	}
	return population.ReadPair(ctx, set.Client, first.Namespace, first.Name(0))
}

// give adds volumes to heketi's database. It has to have one in each cluster to copy,
// which is removed afterwards.
func give(ctx context.Context, heketi *bench.Heketi, volumes []population.Volume) error {
	var models []*limit.Caller
	for _, cluster := range heketi.Clusters() {
		model := limit.NewCaller(heketi.URL(), heketi.AdminKey(), cluster)
		if _, err := model.Create(ctx, 1, 1); err != nil {
			return err
		}
		models = append(models, model)
	}
	if err := heketi.Kill(); err != nil {
		return err
	}
	exported, err := heketi.ExportDatabase(ctx)
	if err != nil {
		return err
	}
	filled, err := population.AddVolumes(exported, volumes)
	if err != nil {
		return err
	}
	if err := errors.Join(heketi.ImportDatabase(ctx, filled), heketi.Start(ctx)); err != nil {
		return err
	}
	for _, model := range models {
		if _, err := model.Delete(ctx, 1); err != nil {
			return err
		}
	}
	return nil
}
