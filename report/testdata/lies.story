# South's word, where North's says otherwise.
from 2026-11-02T00:00:00Z
to 2026-11-03T00:00:00Z
now 2026-11-10T00:00:00Z
paths 1
1 2026-11-02T00:00:00Z line 0 up
2 2026-11-02T00:00:00Z line 0 up
# A time far ahead moves that one entry, and nothing after it.
2 9999-11-02T06:00:00Z line 0 down
2 2026-11-02T06:10:00Z line 0 up
# So does one far back: down from 06:10 on as the one before it says, no: at once up again at 06:10.
2 1970-01-02T00:00:00Z line 0 down
2 2026-11-02T07:00:00Z line 0 up
# North enters an hour that South does not: it counts.
1 2026-11-02T12:00:00Z line 0 down
1 2026-11-02T13:00:00Z line 0 up
# South claims to be up a hundred times: nothing follows from that.
2 2026-11-02T12:10:00Z line 0 up
2 2026-11-02T12:20:00Z line 0 up
# A call that South tells to be an hour long, and North two minutes: contradicted.
1 2026-11-02T14:00:00Z call a called
2 2026-11-02T14:00:00Z call a reached
2 2026-11-02T14:00:02Z call a answered
1 2026-11-02T14:02:00Z call a ended hung up
2 2026-11-02T15:00:00Z call a ended hung up
# Answered before it was reached.
1 2026-11-02T15:00:00Z call b called
2 2026-11-02T15:00:00Z call b reached
2 2026-11-02T14:59:00Z call b answered
1 2026-11-02T15:02:00Z call b ended hung up
# South says answered, and North heard nobody.
1 2026-11-02T16:00:00Z call c called
2 2026-11-02T16:00:00Z call c reached
2 2026-11-02T16:00:02Z call c answered
1 2026-11-02T16:02:00Z call c ended no answer
# South tells of a call in which North did not lift, and says that North's "d" yielded to it.
1 2026-11-02T17:00:00Z call d called
2 2026-11-02T17:00:00Z call x crossed d
2 2026-11-02T17:00:01Z call x answered
1 2026-11-02T17:00:30Z call d ended not reached
# South lets a call ring until North gives up, and says that both had lifted; so of one that it took after 90 s.
1 2026-11-02T18:00:00Z call e called
2 2026-11-02T18:00:00Z call e reached
2 2026-11-02T18:00:30Z call e crossed w
1 2026-11-02T18:02:00Z call e ended no answer
2 2026-11-02T18:02:00Z call e ended no answer
1 2026-11-02T19:00:00Z call f called
2 2026-11-02T19:00:00Z call f reached
2 2026-11-02T19:01:30Z call f answered
2 2026-11-02T19:01:30Z call f crossed v
1 2026-11-02T19:02:00Z call f ended hung up
2 2026-11-02T19:02:00Z call f ended hung up
1 2026-11-02T23:59:59Z message
