// Module regions: what a measurement needs of the board that it runs on.
//
//     regions.call(3, f, 1, 2)      # f(1, 2) in region 3
//     regions.begin(4)              # the same in steps
//     regions.end(4)
//     regions.stack(f, 1, 2)        # f(1, 2): how many bytes of C stack it took
//     regions.read("/a/file")       # a file of the machine that emulates the board
//     regions.Source(data)          # a stream of the same bytes for ever
//     regions.exit()
//
// bench/count_regions.c counts what is executed in a region. regions.call adds some instructions of its
// own: always the same number, which a call of None tells.

#include <string.h>

#include "py/mperrno.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "runic_region.h"

#ifndef __arm__
#error "regions are marked by hint instructions of Arm"
#endif

// ---- Regions

// One of these for each region's begin, then for each one's end: the marker, and a return.
#define MARKER_BYTES (8)

__attribute__((naked, noinline)) static void markers(void) {
    __asm__ volatile (
        ".set hint, 0x40\n"
        ".rept 128\n"
        ".hword 0xf3af, 0x8000 + hint\n"
        "bx lr\n"
        "nop\n"
        ".set hint, hint + 1\n"
        ".endr\n");
}

typedef void (*marker_t)(void);

static marker_t marker_of(mp_obj_t number_in, uint32_t first) {
    mp_int_t number = mp_obj_get_int(number_in);
    if (number < 0 || number >= RUNIC_REGIONS) {
        mp_raise_ValueError(MP_ERROR_TEXT("regions are 0 to 63"));
    }
    return (marker_t)((uintptr_t)markers + MARKER_BYTES * (first + (uint32_t)number));
}

static mp_obj_t regions_begin(mp_obj_t number) {
    marker_of(number, 0)();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(regions_begin_obj, regions_begin);

static mp_obj_t regions_end(mp_obj_t number) {
    marker_of(number, RUNIC_REGIONS)();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(regions_end_obj, regions_end);

// call(number, function, ...): None stands for no call. A region that an exception leaves does not
// end.
static mp_obj_t regions_call(size_t n_args, const mp_obj_t *args) {
    marker_t begin = marker_of(args[0], 0);
    marker_t end = marker_of(args[0], RUNIC_REGIONS);
    mp_obj_t result = mp_const_none;
    begin();
    if (args[1] != mp_const_none) {
        result = mp_call_function_n_kw(args[1], n_args - 2, 0, args + 2);
    }
    end();
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(regions_call_obj, 2, regions_call);

// ---- The C stack

#define UNTOUCHED (0xa5a5a5a5)

// The lowest byte that the interpreter may use of it.
static uint32_t *stack_end(void) {
    return (uint32_t *)((uintptr_t)MP_STATE_THREAD(stack_top) - MP_STATE_THREAD(stack_limit));
}

// What lies below the stack pointer is nobody's: an interrupt meanwhile only writes what it reads.
static inline uint32_t *stack_here(void) {
    uint32_t *here;
    __asm__ volatile ("mov %0, sp" : "=r" (here));
    return here;
}

static __attribute__((noinline)) void mark_stack(void) {
    for (volatile uint32_t *word = stack_end(); word < stack_here(); ++word) {
        *word = UNTOUCHED;
    }
}

// stack(function, ...): the bytes below this function's own. An interrupt's are among them where one
// came at the deepest place.
static mp_obj_t regions_stack(size_t n_args, const mp_obj_t *args) {
    mark_stack();
    mp_call_function_n_kw(args[0], n_args - 1, 0, args + 1);
    volatile uint32_t *word = stack_end();
    while (word < stack_here() && *word == UNTOUCHED) {
        ++word;
    }
    return mp_obj_new_int((uint8_t *)stack_here() - (uint8_t *)word);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(regions_stack_obj, 1, regions_stack);

// ---- The machine that emulates the board: Arm's semihosting

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_READ = 0x06,
    SYS_FLEN = 0x0c,
    SYS_EXIT = 0x18,
};

#define OPEN_BINARY (1)
#define EXIT_WELL (0x20026)
#define EXIT_ILL (0x20023)

static int32_t semihosting(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__ ("r0") = operation;
    register const void *r1 __asm__ ("r1") = argument;
    __asm__ volatile ("bkpt 0xab" : "+r" (r0) : "r" (r1) : "memory");
    return (int32_t)r0;
}

static mp_obj_t read_all(int32_t handle) {
    vstr_t bytes;
    int32_t length = semihosting(SYS_FLEN, &handle);
    if (length < 0) {
        mp_raise_OSError(MP_EIO);
    }
    vstr_init_len(&bytes, (size_t)length);
    uint32_t request[] = { (uint32_t)handle, (uint32_t)bytes.buf, (uint32_t)length };
    // It returns how many bytes were not read.
    if (semihosting(SYS_READ, request) != 0) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_obj_new_bytes_from_vstr(&bytes);
}

static mp_obj_t regions_read(mp_obj_t path_in) {
    size_t path_bytes;
    const char *path = mp_obj_str_get_data(path_in, &path_bytes);
    uint32_t request[] = { (uint32_t)path, OPEN_BINARY, path_bytes };
    int32_t handle = semihosting(SYS_OPEN, request);
    if (handle < 0) {
        mp_raise_OSError(MP_ENOENT);
    }
    mp_obj_t bytes = read_all(handle);
    semihosting(SYS_CLOSE, &handle);
    return bytes;
}
static MP_DEFINE_CONST_FUN_OBJ_1(regions_read_obj, regions_read);

// exit(well=True): ends the emulation.
static mp_obj_t regions_exit(size_t n_args, const mp_obj_t *args) {
    bool well = n_args == 0 || mp_obj_is_true(args[0]);
    semihosting(SYS_EXIT, (const void *)(uintptr_t)(well ? EXIT_WELL : EXIT_ILL));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(regions_exit_obj, 0, 1, regions_exit);

// ---- Source: a capability that costs one copy, as a driver with DMA does

typedef struct _source_obj_t {
    mp_obj_base_t base;
    mp_obj_t data;
    const uint8_t *bytes;
    size_t length;
    size_t at;
} source_obj_t;

static mp_obj_t source_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_buffer_info_t info;
    mp_get_buffer_raise(args[0], &info, MP_BUFFER_READ);
    if (info.len == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("a source has at least one byte"));
    }
    source_obj_t *self = mp_obj_malloc(source_obj_t, type);
    self->data = args[0];
    self->bytes = info.buf;
    self->length = info.len;
    self->at = 0;
    return MP_OBJ_FROM_PTR(self);
}

static mp_uint_t source_read(mp_obj_t self_in, void *buffer, mp_uint_t size, int *error_code) {
    source_obj_t *self = MP_OBJ_TO_PTR(self_in);
    (void)error_code;
    size_t count = MIN(size, self->length - self->at);
    memcpy(buffer, self->bytes + self->at, count);
    self->at = self->at + count == self->length ? 0 : self->at + count;
    return count;
}

static mp_obj_t source_rewind(mp_obj_t self_in) {
    source_obj_t *self = MP_OBJ_TO_PTR(self_in);
    self->at = 0;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(source_rewind_obj, source_rewind);

static const mp_stream_p_t source_stream = { .read = source_read };

static const mp_rom_map_elem_t source_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_rewind), MP_ROM_PTR(&source_rewind_obj) },
};
static MP_DEFINE_CONST_DICT(source_locals, source_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    source_type,
    MP_QSTR_Source,
    MP_TYPE_FLAG_NONE,
    make_new, source_make_new,
    protocol, &source_stream,
    locals_dict, &source_locals
    );

static const mp_rom_map_elem_t regions_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_regions) },
    { MP_ROM_QSTR(MP_QSTR_begin), MP_ROM_PTR(&regions_begin_obj) },
    { MP_ROM_QSTR(MP_QSTR_end), MP_ROM_PTR(&regions_end_obj) },
    { MP_ROM_QSTR(MP_QSTR_call), MP_ROM_PTR(&regions_call_obj) },
    { MP_ROM_QSTR(MP_QSTR_stack), MP_ROM_PTR(&regions_stack_obj) },
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&regions_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_exit), MP_ROM_PTR(&regions_exit_obj) },
    { MP_ROM_QSTR(MP_QSTR_Source), MP_ROM_PTR(&source_type) },
};
static MP_DEFINE_CONST_DICT(regions_globals, regions_globals_table);

const mp_obj_module_t regions_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&regions_globals,
};

MP_REGISTER_MODULE(MP_QSTR_regions, regions_module);
