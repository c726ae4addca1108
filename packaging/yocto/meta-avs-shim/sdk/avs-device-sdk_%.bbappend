# SPDX-License-Identifier: Apache-2.0
inherit avs-shim-sdk
