/* SPDX-License-Identifier: Apache-2.0 */
/* The libcurl of this process, which is the one that the loader gives the SDK, too; and the further
 * copies in the library path, one of which it may be given instead. */
#include "base/text.h"
#include "board/sights.h"
#include "net/curl_info.h"
#include "store/audit_libs.h"

static void note_copies(const char *sysroot, struct avs_board_libraries *ret) {
    struct avs_sysroot root;
    struct avs_audit_libraries found = {.curl_count = 0};
    if (avs_sysroot_open(sysroot, &root, NULL) != AVS_OK) {
        return;
    }
    avs_audit_read_libraries(&root, &found);
    avs_sysroot_close(&root);
    for (size_t i = 0; i < found.curl_count && i < AVS_BOARD_CURLS_MAX; i++) {
        struct avs_board_curl *curl = &ret->curl[ret->curl_length++];
        AVS_TEXT_SET(curl->path, found.curl[i].path);
        AVS_TEXT_SET(curl->version, found.curl[i].version);
        AVS_TEXT_SET(curl->backend, found.curl[i].backend);
        avs_text_make_printable(curl->path);
        avs_text_make_printable(curl->version);
        curl->has_http2 = found.curl[i].has_http2;
    }
}

void avs_board_look_at_libraries(const char *sysroot, struct avs_board_libraries *ret) {
    struct avs_net_curl_info curl;
    if (!sysroot) {
        avs_net_curl_info(&curl);
        AVS_TEXT_SET(ret->curl_version, curl.version);
        AVS_TEXT_SET(ret->curl_backend, curl.ssl_backend);
        AVS_TEXT_SET(ret->curl_path, avs_net_curl_library_path());
        ret->has_http2 = curl.has_http2;
    }
    note_copies(sysroot, ret);
}
