# SPDX-License-Identifier: Apache-2.0
# One set of install rules: the prefix is the folder of the Python package in a wheel, a system's prefix elsewhere.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
if(SKBUILD)
  set(CMAKE_INSTALL_LIBDIR lib)
  set(CMAKE_INSTALL_INCLUDEDIR include)
endif()
set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/pyaccel")

install(DIRECTORY csrc/include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
set(targets pyaccel)
if(NOT SKBUILD)
  list(APPEND targets pyaccel_static)
endif()
install(TARGETS ${targets} EXPORT pyaccel-targets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT pyaccel-targets NAMESPACE pyaccel:: DESTINATION "${config_dir}")

configure_package_config_file(cmake/pyaccel-config.cmake.in pyaccel-config.cmake INSTALL_DESTINATION "${config_dir}")
write_basic_package_version_file(pyaccel-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/pyaccel-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/pyaccel-config-version.cmake" DESTINATION "${config_dir}")

# From where the .pc file lies to the prefix: Debian's libdir is two folders deep.
file(RELATIVE_PATH pc_to_prefix "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(cmake/pyaccel.pc.in pyaccel.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/pyaccel.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

if(SKBUILD AND EXISTS "${PROJECT_SOURCE_DIR}/kernels")
  install(DIRECTORY kernels/ DESTINATION kernels)
  # What kernels share with C, where they look for it.
  install(FILES csrc/field/chains.h csrc/field/field.h csrc/field/fe25519_chains.h csrc/field/p256_chains.h
    csrc/field/p384_chains.h csrc/field/secp256k1_chains.h csrc/field/sm2_chains.h DESTINATION csrc/field)
  install(FILES csrc/curve/edwards25519_constants.h csrc/curve/edwards25519_formulas.h
    csrc/curve/p256_constants.h csrc/curve/p384_constants.h csrc/curve/secp256k1_constants.h csrc/curve/sm2_constants.h
    csrc/curve/weierstrass_formulas.h DESTINATION csrc/curve)
endif()

# The benchmarks are part of the package (pyaccel.bench), so that a user's `pyaccel bench` runs what we run.
if(SKBUILD)
  install(DIRECTORY bench/ DESTINATION bench FILES_MATCHING PATTERN "*.py" PATTERN "test_*" EXCLUDE PATTERN results EXCLUDE
    PATTERN peers EXCLUDE)
endif()
