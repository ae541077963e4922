// In place of OpenCV's highgui, which would bring a window system: Caffe only reads and writes images, which is in
// imgcodecs today, and expects the old names here.
#pragma once
#include <opencv2/imgcodecs/legacy/constants_c.h>
