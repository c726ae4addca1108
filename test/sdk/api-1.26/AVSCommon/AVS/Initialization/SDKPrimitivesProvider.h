/* SPDX-License-Identifier: Apache-2.0 */
/* The mark of SDK 1.21 and later: that it exists is all the adapter asks. */
