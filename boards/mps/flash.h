// The board's flash: mapped memory with the rules of NOR flash, kept in a file of the machine.
#ifndef RUNIC_MPS_FLASH_H
#define RUNIC_MPS_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLASH_BLOCK_BYTES (4096)

// What a stretch of the flash is for, as bytes from its start.
typedef struct {
    uint32_t offset;
    uint32_t length;
} flash_partition_t;

extern const flash_partition_t flash_files;      // littlefs
extern const flash_partition_t flash_read_only;  // ROMFS
extern const flash_partition_t flash_bodies;     // the Runes' bytes

// Load the file that the argument flash= names; without one, the flash lasts until power-off.
void flash_start_up(void);

// Let the file go: the emulator keeps what is open over a restart of the board.
void flash_shut_down(void);

// Return the address of a partition's bytes.
uint8_t *flash_address(const flash_partition_t *partition);

// What a partition's flash has taken since power-on.
typedef struct {
    uint32_t written_bytes;
    uint32_t erased_bytes;
} flash_wear_t;

extern flash_wear_t flash_files_wear;

// Set whole blocks to 0xff. Return 0 or an errno.
int flash_erase(const flash_partition_t *partition, uint32_t offset, uint32_t length);

// Clear bits. Return 0 or an errno.
int flash_program(const flash_partition_t *partition, uint32_t offset, const uint8_t *bytes, size_t length);

#endif // RUNIC_MPS_FLASH_H
