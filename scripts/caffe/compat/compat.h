// Included into every C++ file of Caffe by the compiler (-include), so that its code meets today's libraries unchanged.
#pragma once

// glog 0.7 and later refuses to be included without this unless its CMake target is used.
#ifndef GLOG_USE_GLOG_EXPORT
#define GLOG_USE_GLOG_EXPORT
#endif

// Protobuf 3.21 and later dropped the second argument, a warning threshold. The header comes first, so that the macro
// meets only the calls and not the declaration.
#include <google/protobuf/io/coded_stream.h>
#define SetTotalBytesLimit(limit, ...) SetTotalBytesLimit(limit)
