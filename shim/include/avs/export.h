/* SPDX-License-Identifier: Apache-2.0 */
/* What every public header needs first: symbol visibility, must-use results, C++ linkage. */
#ifndef AVS_EXPORT_H
#define AVS_EXPORT_H

#if defined(__GNUC__)
#define AVS_API                         __attribute__((visibility("default")))
#define AVS_NODISCARD                   __attribute__((warn_unused_result))
#define AVS_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define AVS_API
#define AVS_NODISCARD
#define AVS_PRINTF(format_index, first)
#endif

#ifdef __cplusplus
#define AVS_BEGIN_DECLS extern "C" {
#define AVS_END_DECLS   }
#else
#define AVS_BEGIN_DECLS
#define AVS_END_DECLS
#endif

#endif
