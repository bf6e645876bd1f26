// QEMU plugin that counts instructions, loads and stores in the regions that a guest marks.
//
//     gcc -shared -fPIC -O2 -o count_regions.so count_regions.c
//     qemu-system-arm ... -plugin count_regions.so,out=counts.jsonl[,profile=3]...
//         [,powered=4][,skip=FIRST:END]...
//
// A region has a number, 0 to 63. It begins at the hint instruction HINT #(64 + number) and ends at
// HINT #(128 + number), which no Arm core gives a meaning: `.hword 0xf3af, 0x8040 + number`. Markers
// are not counted themselves, so regions may follow or enclose each other at no cost; a region
// within itself is an error. A load or store is one access of memory: LDRD makes two, LDM as many
// as it loads registers. Code at the addresses FIRST to END, which is left out, is not counted at all:
// so are interrupts that come at any time. Region `powered` is open from the start.
//
// Output is one JSON object a line: each region when it ends; at the exit, for up to sixteen regions
// are profiled, how often each of their addresses was executed, and last the totals.
//
// Rules: it needs no header, since Debian ships QEMU without one; what it declares of the plugin
// API is version 1, as in QEMU 7.2. QEMU does not tell a plugin which release it is: that is for the
// caller to check. Loads and stores are counted by callbacks: QEMU 7.2's inline counters of memory
// mistake one for the other.

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- What is used of QEMU's plugin API

#define PLUGIN_API (1)
#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

typedef struct _qemu_info_t {
    const char *target_name;
    struct {
        int min;
        int cur;
    } version;
    bool system_emulation;
    struct {
        int smp_vcpus;
        int max_vcpus;
    } system;
} qemu_info_t;

enum { CALLBACK_READS_NO_REGISTERS = 0 };
enum { INLINE_ADD_U64 = 0 };
enum { MEMORY_READ_OR_WRITE = 3 };

typedef void (*on_translation_t)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*on_execution_t)(unsigned int, void *);
typedef void (*on_memory_t)(unsigned int, qemu_plugin_meminfo_t, uint64_t, void *);
typedef void (*on_exit_t)(qemu_plugin_id_t, void *);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, on_translation_t);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, on_exit_t, void *);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, on_execution_t, int, void *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, on_memory_t, int, int, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);

EXPORT int qemu_plugin_version = PLUGIN_API;

// ---- Counters

#define REGIONS (64)

typedef struct _counts_t {
    uint64_t instructions;
    uint64_t loads;
    uint64_t stores;
} counts_t;

typedef struct _region_t {
    bool is_open;
    counts_t at_begin;
} region_t;

static counts_t now; // since the machine started
static region_t regions[REGIONS];
static FILE *out;

// ---- Code that is not counted

#define SKIPPED (8)

typedef struct _range_t {
    uint64_t first;
    uint64_t end;
} range_t;

static range_t skipped[SKIPPED];
static size_t skipped_count;

static bool is_skipped(uint64_t address) {
    for (size_t i = 0; i < skipped_count; ++i) {
        if (address >= skipped[i].first && address < skipped[i].end) {
            return true;
        }
    }
    return false;
}

// ---- Profiles: how often each address was executed in the regions that are profiled

#define BUCKETS (1 << 16)
#define PROFILES (16)

typedef struct _address_t {
    struct _address_t *next;
    uint64_t address;
    uint64_t executed; // since the machine started
    uint64_t at_begin[PROFILES];
    uint64_t in_region[PROFILES];
} address_t;

static address_t *buckets[BUCKETS];
static unsigned int profiled[PROFILES]; // the regions' numbers
static size_t profiles;

static address_t *find_address(uint64_t address) {
    address_t **bucket = &buckets[(address >> 1) % BUCKETS];
    for (address_t *found = *bucket; found != NULL; found = found->next) {
        if (found->address == address) {
            return found;
        }
    }
    address_t *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        abort();
    }
    made->address = address;
    made->next = *bucket;
    *bucket = made;
    return made;
}

static void profile_begin(address_t *found, size_t profile) {
    found->at_begin[profile] = found->executed;
}

static void profile_end(address_t *found, size_t profile) {
    found->in_region[profile] += found->executed - found->at_begin[profile];
}

static void profile_print(address_t *found, size_t profile) {
    if (found->in_region[profile] != 0) {
        fprintf(out, "{\"profile\": %u, \"address\": %" PRIu64 ", \"instructions\": %" PRIu64 "}\n",
            profiled[profile], found->address, found->in_region[profile]);
    }
}

static void profile_each(void (*visit)(address_t *, size_t), size_t profile) {
    for (size_t i = 0; i < BUCKETS; ++i) {
        for (address_t *found = buckets[i]; found != NULL; found = found->next) {
            visit(found, profile);
        }
    }
}

static void profile_region(void (*visit)(address_t *, size_t), unsigned int number) {
    for (size_t profile = 0; profile < profiles; ++profile) {
        if (profiled[profile] == number) {
            profile_each(visit, profile);
        }
    }
}

// ---- Regions

static void print_error(unsigned int number, const char *text) {
    fprintf(out, "{\"error\": \"region %u %s\"}\n", number, text);
    fflush(out);
}

static void print_counts(const char *what, unsigned int number, const counts_t *since) {
    fprintf(out, "{\"%s\": %u, \"instructions\": %" PRIu64 ", \"loads\": %" PRIu64
        ", \"stores\": %" PRIu64 "}\n", what, number, now.instructions - since->instructions,
        now.loads - since->loads, now.stores - since->stores);
    fflush(out);
}

static void region_begin(unsigned int cpu, void *number_in) {
    unsigned int number = (unsigned int)(uintptr_t)number_in;
    region_t *region = &regions[number];
    (void)cpu;
    if (region->is_open) {
        print_error(number, "begins within itself");
    }
    region->is_open = true;
    region->at_begin = now;
    profile_region(profile_begin, number);
}

static void region_end(unsigned int cpu, void *number_in) {
    unsigned int number = (unsigned int)(uintptr_t)number_in;
    region_t *region = &regions[number];
    (void)cpu;
    if (!region->is_open) {
        print_error(number, "ends without having begun");
        return;
    }
    region->is_open = false;
    profile_region(profile_end, number);
    print_counts("region", number, &region->at_begin);
}

// ---- Instructions

#define HINT_FIRST_HALF (0xf3af)
#define HINT_SECOND_HALF (0x8000)
#define HINT_BEGIN (0x40)
#define HINT_END (0x80)

// Returns the number of a 32-bit hint instruction, or -1 for any other instruction.
static int hint_of(const struct qemu_plugin_insn *instruction) {
    if (qemu_plugin_insn_size(instruction) != 4) {
        return -1;
    }
    const uint8_t *bytes = qemu_plugin_insn_data(instruction);
    unsigned int first = bytes[0] | (unsigned int)bytes[1] << 8;
    unsigned int second = bytes[2] | (unsigned int)bytes[3] << 8;
    if (first != HINT_FIRST_HALF || (second & 0xff00) != HINT_SECOND_HALF) {
        return -1;
    }
    return (int)(second & 0xff);
}

static void count_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
    (void)cpu;
    (void)address;
    (void)data;
    if (qemu_plugin_mem_is_store(info)) {
        ++now.stores;
    } else {
        ++now.loads;
    }
}

static void count(struct qemu_plugin_insn *instruction) {
    if (is_skipped(qemu_plugin_insn_vaddr(instruction))) {
        return;
    }
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD_U64, &now.instructions, 1);
    qemu_plugin_register_vcpu_mem_cb(instruction, count_access, CALLBACK_READS_NO_REGISTERS,
        MEMORY_READ_OR_WRITE, NULL);
    if (profiles != 0) {
        address_t *found = find_address(qemu_plugin_insn_vaddr(instruction));
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD_U64, &found->executed, 1);
    }
}

static void mark(struct qemu_plugin_insn *instruction, unsigned int number, on_execution_t callback) {
    qemu_plugin_register_vcpu_insn_exec_cb(instruction, callback, CALLBACK_READS_NO_REGISTERS,
        (void *)(uintptr_t)number);
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    size_t instructions = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < instructions; ++i) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        int hint = hint_of(instruction);
        if (hint >= HINT_BEGIN && hint < HINT_BEGIN + REGIONS) {
            mark(instruction, (unsigned int)(hint - HINT_BEGIN), region_begin);
        } else if (hint >= HINT_END && hint < HINT_END + REGIONS) {
            mark(instruction, (unsigned int)(hint - HINT_END), region_end);
        } else {
            count(instruction);
        }
    }
}

static void on_exit_of_machine(qemu_plugin_id_t id, void *data) {
    static const counts_t power_on;
    (void)id;
    (void)data;
    for (unsigned int number = 0; number < REGIONS; ++number) {
        if (regions[number].is_open) {
            print_error(number, "did not end");
        }
    }
    for (size_t profile = 0; profile < profiles; ++profile) {
        profile_each(profile_print, profile);
    }
    print_counts("total", 0, &power_on);
    fclose(out);
}

// ---- Start

static bool take_region(const char *text, unsigned int *number) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *number = (unsigned int)value;
    return end != text && *end == '\0' && value < REGIONS;
}

static bool take_range(const char *text) {
    char *middle;
    char *end;
    if (skipped_count == SKIPPED) {
        return false;
    }
    range_t *range = &skipped[skipped_count++];
    range->first = strtoull(text, &middle, 0);
    if (middle == text || *middle != ':') {
        return false;
    }
    range->end = strtoull(middle + 1, &end, 0);
    return end != middle + 1 && *end == '\0' && range->first < range->end;
}

static bool take_argument(const char *argument) {
    unsigned int number;
    if (strncmp(argument, "out=", 4) == 0 && out == NULL) {
        out = fopen(argument + 4, "w");
        return out != NULL;
    }
    if (strncmp(argument, "profile=", 8) == 0 && profiles < PROFILES) {
        return take_region(argument + 8, &profiled[profiles++]);
    }
    if (strncmp(argument, "powered=", 8) == 0 && take_region(argument + 8, &number)) {
        regions[number].is_open = true;
        return true;
    }
    return strncmp(argument, "skip=", 5) == 0 && take_range(argument + 5);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    for (int i = 0; i < argc; ++i) {
        if (!take_argument(argv[i])) {
            fprintf(stderr, "count_regions: not an argument or not a file to write: %s\n", argv[i]);
            return -1;
        }
    }
    if (out == NULL || !info->system_emulation || info->system.max_vcpus != 1) {
        fprintf(stderr, "count_regions: wants out=FILE and a machine with one processor\n");
        return -1;
    }
    if (info->version.cur != PLUGIN_API) {
        fprintf(out, "{\"warning\": \"QEMU's plugin API is version %d; counts are known to be exact with"
            " %d\"}\n", info->version.cur, PLUGIN_API);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit_of_machine, NULL);
    return 0;
}
