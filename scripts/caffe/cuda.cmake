# The CUDA part of libcaffe; CMakeLists.txt includes it unless CPU_ONLY is on.
#
#   -DCMAKE_CUDA_COMPILER=.../nvcc -DCMAKE_CUDA_ARCHITECTURES="80;90" [-DCUDA_ROOTS="folder;..."]
#
# CUDA_ROOTS are folders with include/ and lib/ of cuBLAS and cuRAND, where these are not part of the toolkit (NVIDIA's
# Python wheels). cuDNN and NCCL stay off.
set(CUDA_ROOTS "" CACHE STRING "folders of cuBLAS and cuRAND, if they are not in the toolkit")

set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)  # the headers for the C++ files, and cudart
message(STATUS "CUDA: ${CUDAToolkit_VERSION} for architectures ${CMAKE_CUDA_ARCHITECTURES}")

# The wheels hold libcublas.so.13 without the name libcublas.so that a linker looks for.
foreach(name cublas curand)
  set(${name}_names ${name})
  foreach(major 10 11 12 13 14)
    list(APPEND ${name}_names "lib${name}.so.${major}")
  endforeach()
  find_library(${name}_LIBRARY NAMES ${${name}_names} NAMES_PER_DIR
    HINTS ${CUDA_ROOTS} ${CUDAToolkit_LIBRARY_DIR} PATH_SUFFIXES lib lib64)
  find_path(${name}_INCLUDE_DIR NAMES ${name}.h HINTS ${CUDA_ROOTS} ${CUDAToolkit_INCLUDE_DIRS} PATH_SUFFIXES include)
  if(NOT ${name}_LIBRARY OR NOT ${name}_INCLUDE_DIR)
    message(FATAL_ERROR "error: ${name} was not found, neither in the toolkit ${CUDAToolkit_BIN_DIR} nor in '${CUDA_ROOTS}'")
  endif()
  message(STATUS "${name}: ${${name}_LIBRARY}")
endforeach()

file(GLOB_RECURSE cuda_sources CONFIGURE_DEPENDS "${CAFFE_SOURCE}/src/caffe/*.cu")
list(FILTER cuda_sources EXCLUDE REGEX "/src/caffe/test/")
target_sources(caffe PRIVATE ${cuda_sources})
# What CUDA 13 took away, and what needs a GPU without need, is mended in headers for the one file that meets it.
foreach(mended "common.cpp cuda_compat.h" "internal_thread.cpp cuda_threads.h")
  separate_arguments(mended)
  list(GET mended 0 file)
  list(GET mended 1 header)
  set_property(SOURCE "${CAFFE_SOURCE}/src/caffe/${file}" APPEND PROPERTY COMPILE_OPTIONS
    -include "${CMAKE_CURRENT_SOURCE_DIR}/${header}")
endforeach()
target_include_directories(caffe SYSTEM PUBLIC ${cublas_INCLUDE_DIR} ${curand_INCLUDE_DIR})
target_link_libraries(caffe PUBLIC ${cublas_LIBRARY} ${curand_LIBRARY} CUDA::cudart_static)
