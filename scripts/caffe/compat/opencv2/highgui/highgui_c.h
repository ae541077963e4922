// See highgui.hpp.
#pragma once
#include <opencv2/highgui/highgui.hpp>
