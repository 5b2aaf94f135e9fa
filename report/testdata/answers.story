# Calls of every outcome, by their own clocks: South's is three minutes ahead.
from 2026-11-02T00:00:00Z
to 2026-11-09T00:00:00Z
now 2026-11-10T00:00:00Z
paths 1 2
1 2026-11-02T06:00:00Z line 1 up
1 2026-11-02T06:00:00Z line 0 up
2 2026-11-02T06:03:00Z line 1 up
2 2026-11-02T06:03:00Z line 0 up

# answered after 8 s, hung up
1 2026-11-02T09:00:00Z call a called
2 2026-11-02T09:03:00Z call a reached
2 2026-11-02T09:03:00.5Z call a ringing
2 2026-11-02T09:03:08Z call a answered
1 2026-11-02T09:11:00Z call a ended hung up
2 2026-11-02T09:14:00Z call a ended hung up
# answered after exactly 10 s, the principal after 4 min, proven
1 2026-11-02T10:00:00Z call b called
2 2026-11-02T10:03:00Z call b reached
2 2026-11-02T10:03:10Z call b answered
1 2026-11-02T10:00:30Z call b asked
2 2026-11-02T10:03:40Z call b fetching
2 2026-11-02T10:07:00Z call b present
1 2026-11-02T10:04:05Z verified b
1 2026-11-02T10:20:00Z call b ended hung up
2 2026-11-02T10:23:00Z call b ended hung up
# answered after 10.001 s
1 2026-11-03T10:00:00Z call c called
2 2026-11-03T10:03:00Z call c reached
2 2026-11-03T10:03:10.001Z call c answered
1 2026-11-03T10:20:00Z call c ended hung up
2 2026-11-03T10:23:00Z call c ended hung up
# declined
1 2026-11-03T11:00:00Z call d called
2 2026-11-03T11:03:00Z call d reached
2 2026-11-03T11:03:04Z call d ended declined
1 2026-11-03T11:00:04Z call d ended declined
# given up after 12 s: says that 10 s were not met, and nothing of 15 s
1 2026-11-03T12:00:00Z call e called
2 2026-11-03T12:03:00Z call e reached
1 2026-11-03T12:00:12Z call e ended cancelled
2 2026-11-03T12:03:12Z call e ended cancelled
# nobody ready; no answer; not reached
1 2026-11-03T13:00:00Z call f called
2 2026-11-03T13:03:00Z call f reached
1 2026-11-03T13:02:00Z call f ended nobody ready
2 2026-11-03T13:05:00Z call f ended nobody ready
1 2026-11-03T14:00:00Z call g called
2 2026-11-03T14:03:00Z call g reached
2 2026-11-03T14:03:01Z call g ringing
1 2026-11-03T14:02:00Z call g ended no answer
1 2026-11-03T15:00:00Z call h called
1 2026-11-03T15:02:00Z call h ended not reached
2 2026-11-03T15:20:00Z call h ended not reached
# South calls, and North answers after 31 s; broken off on the way; suspended
2 2026-11-04T08:03:00Z call i called
1 2026-11-04T08:00:00Z call i reached
1 2026-11-04T08:00:31Z call i answered
2 2026-11-04T08:10:00Z call i ended line lost
1 2026-11-04T08:17:00Z call i ended line lost
2 2026-11-04T09:03:00Z call j called
1 2026-11-04T09:00:00Z call j reached
2 2026-11-04T09:03:03Z call j ended station restarted
2 2026-11-04T10:03:00Z call k called
1 2026-11-04T10:00:00Z call k reached
1 2026-11-04T10:00:00Z call k ended suspended
2 2026-11-04T10:03:00Z call k ended suspended
# both lift: "m" lives, "z" yields
1 2026-11-04T11:00:00Z call m called
2 2026-11-04T11:03:00Z call z called
2 2026-11-04T11:03:00Z call m answered
2 2026-11-04T11:03:00Z call m crossed z
1 2026-11-04T11:05:00Z call m ended hung up
2 2026-11-04T11:08:00Z call m ended hung up
# still open; and a drill, answered after 2 s, which counts apart
1 2026-11-05T11:00:00Z call n called
2 2026-11-05T11:03:00Z call n reached
1 2026-11-05T12:00:00Z drill n called
2 2026-11-05T12:03:00Z drill n reached
2 2026-11-05T12:03:02Z drill n answered
1 2026-11-05T12:01:00Z drill n ended interrupted
