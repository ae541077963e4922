// A Caffe that is built for CUDA also trains on a CPU, on a machine without GPU or driver. But the threads that read data
// ask CUDA for the current device whatever the mode. In CPU mode they may go without one.
#pragma once
#include <cuda_runtime.h>

#include "caffe/common.hpp"

namespace caffe {
const int kNoDevice = -1;

inline cudaError_t DeviceOfThread(int* device) {
  const cudaError_t error = cudaGetDevice(device);
  if (error == cudaSuccess || Caffe::mode() == Caffe::GPU) return error;
  cudaGetLastError();  // forgets it
  *device = kNoDevice;
  return cudaSuccess;
}

inline cudaError_t UseDeviceOfThread(int device) {
  return device == kNoDevice ? cudaSuccess : cudaSetDevice(device);
}
}  // namespace caffe

#define cudaGetDevice DeviceOfThread
#define cudaSetDevice UseDeviceOfThread
