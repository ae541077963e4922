// The two names of OpenCV's old C interface that Caffe uses. OpenCV 4 keeps them in a header of this name, OpenCV 5 in
// none.
#pragma once
#include <opencv2/imgcodecs.hpp>
enum { CV_LOAD_IMAGE_GRAYSCALE = cv::IMREAD_GRAYSCALE, CV_LOAD_IMAGE_COLOR = cv::IMREAD_COLOR };
