// Everything in one translation unit, compiled once per element type.
#include "convolution.cuh"
#include "depthwise.cuh"
#include "pointwise.cuh"
#include "pool.cuh"
#include "upload.cuh"
