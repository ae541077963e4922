// In place of OpenCV's highgui, which brings a window system: Caffe only reads and writes images, which moved to
// imgcodecs, and uses the names of the old C interface, which OpenCV 4 keeps in a header of their own.
#pragma once
#include <opencv2/imgcodecs.hpp>
#if __has_include(<opencv2/imgcodecs/legacy/constants_c.h>)
#include <opencv2/imgcodecs/legacy/constants_c.h>
#endif
