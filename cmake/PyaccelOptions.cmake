# SPDX-License-Identifier: Apache-2.0
# What a builder may choose, and the flags that every file gets.

# An empty build type would mean -O0.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# SKBUILD is "2" under scikit-build-core, which option() would take for OFF.
set(python_default OFF)
if(SKBUILD)
  set(python_default ON)
endif()
set(x86_default OFF)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(x86_default ON)
endif()

option(PYACCEL_PYTHON "Build the cffi module of the Python package" ${python_default})
option(PYACCEL_TESTS "Build the C tests" OFF)
option(PYACCEL_EMULATED "Tests only: add the AVX-512 kernels compiled over pairs of ymm" OFF)
set(PYACCEL_SANITIZE "" CACHE STRING "Sanitizers to compile with: address,undefined or thread")
option(PYACCEL_FUZZ "Build the libFuzzer programs of tests/fuzz; clang only" OFF)
option(PYACCEL_MEMCHECK "Tests only: tell valgrind's memcheck what of a secret may be known" OFF)
option(PYACCEL_WERROR "Treat warnings as errors" OFF)
foreach(feature AVX2 AVX512 AVX512IFMA SHANI ADX)
  option(PYACCEL_WITH_${feature} "Build the ${feature} variants" ${x86_default})
endforeach()
if(PYACCEL_EMULATED AND NOT PYACCEL_WITH_AVX2)
  message(FATAL_ERROR "PYACCEL_EMULATED runs AVX-512 kernels on AVX2: it needs PYACCEL_WITH_AVX2")
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Debug keeps the assertions of value bounds, and must still run exhaustive tests in seconds.
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")

add_library(pa_flags INTERFACE)
# Kernels keep their place in lines of the cache whatever stands before them: else an edit elsewhere moves them, and some by 3 %
# of their time (SHA-256 by SHA-NI beside vectors, Zen 4).
target_compile_options(pa_flags INTERFACE -falign-functions=64)
target_compile_options(pa_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow)
if(PYACCEL_WERROR)
  target_compile_options(pa_flags INTERFACE -Werror)
endif()
if(PYACCEL_SANITIZE)
  set(sanitizers -fsanitize=${PYACCEL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # Lines are all that reports show: where variables are would double what compiling unrolled kernels takes.
  target_compile_options(pa_flags INTERFACE ${sanitizers} -g1)
  target_link_options(pa_flags INTERFACE ${sanitizers})
endif()
if(PYACCEL_FUZZ)
  target_compile_options(pa_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_include_directories(pa_flags INTERFACE "${PROJECT_SOURCE_DIR}/csrc/include")
target_compile_definitions(pa_flags INTERFACE "PYACCEL_VERSION=\"${PROJECT_VERSION}\"" _GNU_SOURCE)
# Bounds of lazily reduced field elements (csrc/field/field.h) are asserted.
target_compile_definitions(pa_flags INTERFACE $<$<CONFIG:Debug>:PA_DEBUG_BOUNDS>)
target_compile_definitions(pa_flags INTERFACE PYACCEL_WITH_ADX=$<BOOL:${PYACCEL_WITH_ADX}>)
# That any of these is left out only what lists variants is told (pa_tell_variants): all the rest is compiled alike, and by
# a compiler cache once.
set(PA_VARIANT_SWITCHES EMULATED WITH_AVX2 WITH_AVX512 WITH_AVX512IFMA WITH_SHANI)
foreach(switch IN LISTS PA_VARIANT_SWITCHES)
  target_compile_definitions(pa_flags INTERFACE PYACCEL_${switch}=1)
endforeach()
function(pa_tell_variants source)
  foreach(switch IN LISTS PA_VARIANT_SWITCHES)
    if(NOT PYACCEL_${switch})
      set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS -UPYACCEL_${switch} -DPYACCEL_${switch}=0)
    endif()
  endforeach()
endfunction()
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
