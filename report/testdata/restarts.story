# Stations that were stopped say nothing.
from 2026-11-02T00:00:00Z
to 2026-11-03T00:00:00Z
now 2026-11-10T00:00:00Z
paths 1 2
# Path 2 is heard of at 01:00 by one side, and at 02:00 by both.
1 2026-11-02T00:00:00Z line 1 up
1 2026-11-02T00:00:00Z line 0 up
2 2026-11-02T00:00:00Z line 1 up
2 2026-11-02T00:00:00Z line 0 up
1 2026-11-02T01:00:00Z line 2 up
2 2026-11-02T02:00:00Z line 2 up
# South is killed at about 05:00 and back at 05:10. North heard the paths die.
2 2026-11-02T04:00:00Z message
1 2026-11-02T05:00:01Z line 1 down
1 2026-11-02T05:00:01Z line 2 down
1 2026-11-02T05:00:01Z line 0 down
2 2026-11-02T05:10:00Z line 1 up
2 2026-11-02T05:10:00Z line 2 up
2 2026-11-02T05:10:00Z line 0 up
1 2026-11-02T05:10:00Z line 1 up
1 2026-11-02T05:10:00Z line 2 up
1 2026-11-02T05:10:00Z line 0 up
# Both are killed after 09:00 and 09:30, and back at 10:00: from 09:30 nobody says anything.
1 2026-11-02T09:00:00Z message
2 2026-11-02T09:30:00Z message
1 2026-11-02T10:00:00Z line 1 up
1 2026-11-02T10:00:00Z line 2 up
1 2026-11-02T10:00:00Z line 0 up
2 2026-11-02T10:00:01Z line 1 up
2 2026-11-02T10:00:01Z line 2 up
2 2026-11-02T10:00:01Z line 0 up
# Path 1 dies for one side only, then for both.
1 2026-11-02T14:00:00Z line 1 down
2 2026-11-02T14:30:00Z line 1 down
1 2026-11-02T15:00:00Z line 1 up
2 2026-11-02T16:00:00Z line 1 up
# The record ends at 20:00: of the rest of the day it says nothing.
2 2026-11-02T20:00:00Z message
