// Included into every C++ file of Caffe by the compiler (-include), so that its code meets today's libraries unchanged.
#pragma once

// glog 0.7 and later refuses to be included without this unless its CMake package is used.
#define GLOG_USE_GLOG_EXPORT

// Boost prints a message into every file that uses headers and names it would like to see gone.
#define BOOST_BIND_GLOBAL_PLACEHOLDERS
#define BOOST_ALLOW_DEPRECATED_HEADERS

// Protobuf 3.21 and later dropped the second argument, a threshold for a warning. The header comes first, so that the
// macro meets only the calls and not the declaration.
#include <google/protobuf/io/coded_stream.h>
#define SetTotalBytesLimit(limit, ...) SetTotalBytesLimit(limit)
