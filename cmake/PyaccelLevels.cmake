# SPDX-License-Identifier: Apache-2.0
# Each CPU level and feature is one object library with flags of its own; all are linked into libpyaccel, and
# csrc/core/variants.c picks among them at run time. Nothing is compiled for the building machine alone.

set(PA_LEVELS portable avx2 avx512 avx512ifma shani adx)
set(PA_FLAGS_portable "")
set(PA_FLAGS_adx -madx -mbmi2)
set(PA_FLAGS_shani -msha -msse4.1 -mavx)
set(PA_FLAGS_avx2 -mavx2 -mfma -mbmi ${PA_FLAGS_adx})
set(PA_FLAGS_avx512 ${PA_FLAGS_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vbmi2)
set(PA_FLAGS_avx512ifma ${PA_FLAGS_avx512} -mavx512ifma)

# AVX-512 intrinsics over pairs of ymm, included before each kernel of an emulated build.
set(PA_EMULATION_HEADER "${PROJECT_SOURCE_DIR}/tests/emulation/ymm_pairs.h")

# pa_sources(LEVEL file...)  files of libpyaccel, relative to csrc/, compiled for LEVEL. They see
# PYACCEL_SUFFIX=LEVEL; where PYACCEL_EMULATED is ON, avx512* files are compiled once more with
# PYACCEL_SUFFIX=LEVEL_emulated.
function(pa_sources level)
  if(NOT level IN_LIST PA_LEVELS)
    message(FATAL_ERROR "pa_sources: ${level} is none of ${PA_LEVELS}")
  endif()
  list(TRANSFORM ARGN PREPEND "${PROJECT_SOURCE_DIR}/csrc/")
  set_property(GLOBAL APPEND PROPERTY PA_SOURCES_${level} ${ARGN})
endfunction()

function(pa_objects name suffix)
  add_library(${name} OBJECT ${ARGN})
  target_link_libraries(${name} PRIVATE pa_flags)
  target_compile_definitions(${name} PRIVATE PYACCEL_SUFFIX=${suffix})
  set_property(GLOBAL APPEND PROPERTY PA_OBJECTS "$<TARGET_OBJECTS:${name}>")
endfunction()

# Linked after pa_flags, so that this option comes after those.
add_library(pa_unsanitized INTERFACE)
target_compile_options(pa_unsanitized INTERFACE -fno-sanitize=all)

# Makes the targets pyaccel (shared) and pyaccel_static of all sources so far.
function(pa_library)
  pa_tell_variants("${PROJECT_SOURCE_DIR}/csrc/core/variants.c")
  foreach(level IN LISTS PA_LEVELS)
    get_property(sources GLOBAL PROPERTY PA_SOURCES_${level})
    if(PYACCEL_MEMCHECK)
      foreach(source IN LISTS sources)
        file(STRINGS ${source} known REGEX "core/known\\.h|PYACCEL_MEMCHECK" LIMIT_COUNT 1)
        if(known)
          set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS PYACCEL_MEMCHECK=1)
        endif()
      endforeach()
    endif()
    string(TOUPPER ${level} feature)
    if(sources AND (level STREQUAL portable OR PYACCEL_WITH_${feature}))
      pa_objects(pa_${level} ${level} ${sources})
      target_compile_options(pa_${level} PRIVATE ${PA_FLAGS_${level}})
      # clang needs minutes for one unrolled kernel with sanitizers, and fuzzing is after what reads foreign bytes, which
      # is portable code; the stage "sanitizers" runs the kernels with them, compiled by gcc.
      if(PYACCEL_FUZZ AND NOT level STREQUAL portable)
        target_link_libraries(pa_${level} PRIVATE pa_unsanitized)
      # With sanitizers an unrolled kernel takes three times as long to compile, and its emulated twin has the same text: who
      # asks for both has a CPU that runs the twin alone.
      elseif(PYACCEL_SANITIZE AND PYACCEL_EMULATED AND level MATCHES avx512)
        target_link_libraries(pa_${level} PRIVATE pa_unsanitized)
      endif()
    endif()
    if(sources AND PYACCEL_EMULATED AND level MATCHES avx512)
      pa_objects(pa_${level}_emulated ${level}_emulated ${sources})
      target_compile_options(pa_${level}_emulated PRIVATE ${PA_FLAGS_avx2} -include ${PA_EMULATION_HEADER})
      set_source_files_properties(${sources} PROPERTIES OBJECT_DEPENDS ${PA_EMULATION_HEADER})
    endif()
  endforeach()

  get_property(objects GLOBAL PROPERTY PA_OBJECTS)
  add_library(pyaccel SHARED ${objects})
  add_library(pyaccel_static STATIC ${objects})
  foreach(target pyaccel pyaccel_static)
    target_include_directories(${target} PUBLIC
      "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/csrc/include>" "$<INSTALL_INTERFACE:include>")
    # A static library hands its need of threads on to whoever links it.
    target_link_libraries(${target} PUBLIC Threads::Threads)
  endforeach()
  set_target_properties(pyaccel_static PROPERTIES OUTPUT_NAME pyaccel EXPORT_NAME pyaccel_static)
  target_link_libraries(pyaccel PRIVATE "$<BUILD_INTERFACE:pa_flags>")
  set_target_properties(pyaccel PROPERTIES LINKER_LANGUAGE C)
  if(CMAKE_SYSTEM_NAME STREQUAL Linux)
    # nodelete: worker threads must not lose their code to dlclose.
    target_link_options(pyaccel PRIVATE
      "LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map" LINKER:-z,nodelete)
    set_target_properties(pyaccel PROPERTIES LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/exports.map")
    # The symbols of sanitizers come with the program.
    if(NOT PYACCEL_SANITIZE AND NOT PYACCEL_FUZZ)
      target_link_options(pyaccel PRIVATE LINKER:-z,defs)
    endif()
  endif()
  # A wheel holds no links: there each of the three names would be a copy.
  if(NOT SKBUILD)
    set_target_properties(pyaccel PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  endif()
endfunction()
