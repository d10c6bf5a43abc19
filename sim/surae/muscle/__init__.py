"""From muscle-tendon lengths and excitations to tendon forces and metabolic rates."""
