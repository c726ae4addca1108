/* SPDX-License-Identifier: Apache-2.0 */
/* Where each distribution keeps its trust store, and by which convention a CA is added to it. One
 * row is one convention; the audit and the installer read the same rows. */
#ifndef AVS_TRUST_INSTALL_DISTRO_H
#define AVS_TRUST_INSTALL_DISTRO_H

#include "store/sysroot.h"

#define AVS_DISTRO_MARKERS_MAX 3
#define AVS_DISTRO_PLACES_MAX  4
#define AVS_DISTRO_ARGS_MAX    4

struct avs_distro {
    const char *id, *label;
    const char *marker[AVS_DISTRO_MARKERS_MAX]; /* any of these paths tells it */
    const char *anchors;   /* folder for CAs added by hand; NULL = there is no such convention */
    const char *extension; /* that names there must have */
    const char *updater[AVS_DISTRO_ARGS_MAX];  /* absolute program and arguments; NULL = none */
    const char *refresh[AVS_DISTRO_ARGS_MAX];  /* the same after a removal */
    const char *bundle[AVS_DISTRO_PLACES_MAX]; /* PEM bundles, the one that matters first */
    const char *folder[AVS_DISTRO_PLACES_MAX]; /* hashed folders */
    const char *conf;                          /* list of packaged CAs in use, "!" = switched off */
    const char *packaged;                      /* folder that the list's names are relative to */
    const char *package; /* the command that installs the distribution's CAs */
};

/** The convention of this root; the last row ("plain": bundle and hashed folder, no updater) where
 *  no other fits. Never NULL. */
const struct avs_distro *avs_distro_detect(const struct avs_sysroot *root);

#endif
