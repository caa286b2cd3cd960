"""Posts and accounts as handlers see them."""

from core.publish.views import (
    FINAL as FINAL,
)
from core.publish.views import (
    AccountView as AccountView,
)
from core.publish.views import (
    AttemptView as AttemptView,
)
from core.publish.views import (
    PostView as PostView,
)
from core.publish.views import (
    State as State,
)
from core.publish.views import (
    TargetView as TargetView,
)
