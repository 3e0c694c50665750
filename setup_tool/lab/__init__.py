"""An OpenStack cloud on loopback that needs no root."""
