# Weeks and months across the end of a year: 2026-W53 reaches into January.
from 2026-12-24T12:00:00Z
to 2027-01-12T00:00:00Z
now 2027-02-01T00:00:00Z
paths 1
tests 08:00
1 2026-12-01T00:00:00Z line 1 up
1 2026-12-01T00:00:00Z line 0 up
2 2026-12-01T00:00:00Z line 1 up
2 2026-12-01T00:00:00Z line 0 up
# down over midnight of Sunday, and over the turn of the year
1 2026-12-27T23:30:00Z line 0 down
1 2026-12-28T00:15:00Z line 0 up
2 2026-12-31T23:59:59.5Z line 0 down
2 2027-01-01T00:00:00.5Z line 0 up
1 2027-01-04T00:00:00Z line 1 down
1 2027-01-11T00:00:00Z line 1 up
2 2027-01-12T00:00:00Z message
