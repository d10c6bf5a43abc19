"""An OpenSim model (.osim) becomes a model folder; the geometry is done by the opensim package."""
