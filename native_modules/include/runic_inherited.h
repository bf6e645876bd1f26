// What a program that takes this one's place is told in its environment, on the unix port.
#ifndef RUNIC_INHERITED_H
#define RUNIC_INHERITED_H

// The number of the file descriptor that is the journal's memory.
#define RUNIC_JOURNAL_VARIABLE "RUNICOS_JOURNAL"

#endif // RUNIC_INHERITED_H
