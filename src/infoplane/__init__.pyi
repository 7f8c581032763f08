from infoplane.errors import UserError as UserError
from infoplane.information import Information as Information
from infoplane.information import Noise as Noise
from infoplane.library.estimating import estimate as estimate
from infoplane.library.results import Results as Results
from infoplane.library.results import load as load
from infoplane.training.public_recorder import Recorder as Recorder
