// CUDA 13 removed three fields of cudaDeviceProp, which Caffe prints in `caffe device_query`. They are attributes of the
// device now. In place of the struct, common.cpp sees one derived from it that has them.
#pragma once
#include <cuda_runtime.h>

#if CUDART_VERSION >= 13000
struct CaffeDeviceProp : cudaDeviceProp {
  int clockRate = 0;
  int deviceOverlap = 0;
  int kernelExecTimeoutEnabled = 0;
};

inline cudaError_t cudaGetDeviceProperties(CaffeDeviceProp* properties, int device) {
  cudaError_t error = cudaGetDeviceProperties(static_cast<cudaDeviceProp*>(properties), device);
  if (error == cudaSuccess) error = cudaDeviceGetAttribute(&properties->clockRate, cudaDevAttrClockRate, device);
  if (error == cudaSuccess) error = cudaDeviceGetAttribute(&properties->deviceOverlap, cudaDevAttrGpuOverlap, device);
  if (error == cudaSuccess) {
    error = cudaDeviceGetAttribute(&properties->kernelExecTimeoutEnabled, cudaDevAttrKernelExecTimeout, device);
  }
  return error;
}

#define cudaDeviceProp CaffeDeviceProp
#endif
