"""Why a push does not work: layers that are asked one after the other, and the one cause that they lead to."""
