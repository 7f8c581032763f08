from infoplane.training.public_recorder import Recorder as Recorder
