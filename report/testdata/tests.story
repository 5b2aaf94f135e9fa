# Tests at 08:00 and 20:00. They count from when both logs have begun.
from 2026-11-01T00:00:00Z
to 2026-11-05T00:00:00Z
now 2026-11-10T00:00:00Z
paths 1
tests 08:00 20:00
1 2026-11-01T12:00:00Z line 0 up
2 2026-11-01T12:00:00Z line 0 up
# passed
1 2026-11-01T20:00:00Z test a asked 2026-11-01T20:00:00Z
2 2026-11-01T20:01:00Z test a back
1 2026-11-01T20:01:01Z test a passed
# failed: read wrongly; then again, out of turn, passed: a test of the same time that passes counts
1 2026-11-02T08:00:00Z test b asked 2026-11-02T08:00:00Z
2 2026-11-02T08:01:00Z test b back
1 2026-11-02T08:01:01Z test b failed
2 2026-11-02T08:05:00Z test c asked -
1 2026-11-02T08:06:00Z test c back
2 2026-11-02T08:06:01Z test c passed
# failed and then passed in time: passed
1 2026-11-02T20:00:00Z test d asked 2026-11-02T20:00:00Z
1 2026-11-02T20:10:00Z test d failed
2 2026-11-02T20:15:00Z test e asked 2026-11-02T20:00:00Z
1 2026-11-02T20:16:00Z test e back
2 2026-11-02T20:16:01Z test e passed
# passed too late: missed. Passed in time by South's word alone, read back too late: missed.
1 2026-11-03T08:00:00Z test f asked 2026-11-03T08:00:00Z
2 2026-11-03T08:31:00Z test f back
1 2026-11-03T08:31:00Z test f passed
2 2026-11-03T20:00:00Z test g asked 2026-11-03T20:00:00Z
1 2026-11-03T21:00:00Z test g back
2 2026-11-03T20:00:01Z test g passed
# Not an agreed time: it is out of turn. South's own "back" passes nothing.
2 2026-11-04T03:00:00Z test h asked 2026-11-04T03:00:00Z
2 2026-11-04T03:00:01Z test h failed
# Asked and not over yet when the record ends; 08:00 is missed, 20:00 is not over.
1 2026-11-04T20:00:00Z test i asked 2026-11-04T20:00:00Z
