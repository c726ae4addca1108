/* SPDX-License-Identifier: Apache-2.0 */
/* In place of libFuzzer: runs the fuzzer once for each file of the folders that are named, so that
 * every build and compiler sees each seed and each input that once failed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_BYTES_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path) {
    FILE *file = fopen(path, "rbe");
    uint8_t *bytes = malloc(INPUT_BYTES_MAX);
    size_t length = file && bytes ? fread(bytes, 1, INPUT_BYTES_MAX, file) : 0;
    if (!file || !bytes || ferror(file)) {
        perror(path);
        exit(1);
    }
    fclose(file);
    uint8_t *exact = malloc(length > 0 ? length : 1); /* a step too far is seen */
    memcpy(exact, bytes, length);
    free(bytes);
    fprintf(stderr, "%s\n", path); /* the last one named is the one that failed */
    LLVMFuzzerTestOneInput(exact, length);
    free(exact);
    return 1;
}

int main(int count, char **folders) {
    int ran = 0;
    for (int i = 1; i < count; i++) {
        DIR *folder = opendir(folders[i]);
        struct dirent *entry;
        while (folder && (entry = readdir(folder))) {
            char path[4096];
            snprintf(path, sizeof(path), "%s/%s", folders[i], entry->d_name);
            ran += entry->d_name[0] != '.' ? run_file(path) : 0;
        }
        if (folder) {
            closedir(folder);
        }
    }
    printf("%d inputs\n", ran);
    return ran > 0 ? 0 : 1;
}
