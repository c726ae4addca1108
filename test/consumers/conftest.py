# SPDX-License-Identifier: Apache-2.0
"""The tests of this folder run the programs that our files are written for; ./ci/run consumers
installs them."""
