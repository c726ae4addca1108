/* SPDX-License-Identifier: Apache-2.0 */
/* Where this device's clock starts. */
#ifndef AVS_STORE_AUDIT_CLOCK_H
#define AVS_STORE_AUDIT_CLOCK_H

struct avs_trust_audit;

/** Fill audit->{has_clock_battery,first_boot_*}. */
void avs_audit_read_clock(struct avs_trust_audit *audit);

#endif
