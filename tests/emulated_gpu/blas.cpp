// cuBLASLt's matrix product as effnet calls it: the first factor transposed, sums in f32.
#include "emulated.h"

#include <stdio.h>
#include <stdlib.h>

#include <functional>
#include <vector>

namespace emulated {
int queue(std::function<void()> step);
}

namespace {
enum Type { F32 = 0, F16 = 2, BF16 = 14 };
struct Layout {
    int type;
    uint64_t rows, columns;
    int64_t stride, batch_stride = 0;
    int32_t batch = 1;
};
struct Description {
    int transposed = 0, epilogue = 1;
    const void *bias = nullptr;
};
struct Wishes {
    uint32_t reductions = 7; // how partial sums may be stored: 4 in the outputs' type
};
enum { NOT_SUPPORTED = 15, INVALID_VALUE = 7, BIAS = 4, IN_OUTPUT_TYPE = 4 };

float value(const void *from, size_t at, int type) {
    switch (type) {
    case F16: return __half2float(((const __half *)from)[at]);
    case BF16: return __bfloat162float(((const __nv_bfloat16 *)from)[at]);
    default: return ((const float *)from)[at];
    }
}
void put(void *to, size_t at, int type, float x) {
    switch (type) {
    case F16: ((__half *)to)[at] = __float2half_rn(x); break;
    case BF16: ((__nv_bfloat16 *)to)[at] = __float2bfloat16_rn(x); break;
    default: ((float *)to)[at] = x;
    }
}
std::vector<float> values(const void *from, const Layout &layout, int64_t batch) {
    std::vector<float> all(layout.rows * layout.columns);
    for (size_t i = 0; i < all.size(); ++i)
        all[i] = value(from, batch * layout.batch_stride + i, layout.type);
    return all;
}
template <typename T> bool read(T &to, const void *from, size_t bytes) {
    if (bytes != sizeof(T)) return false;
    memcpy(&to, from, bytes);
    return true;
}
float rounded(float x, int type) {
    char memory[4];
    put(memory, 0, type, x);
    return value(memory, 0, type);
}
void multiply(Description d, bool splits, const void *a, Layout la, const void *b, Layout lb, float beta,
              const void *c, void *y, Layout ly) {
    for (int n = 0; n < ly.batch; ++n) {
        const std::vector<float> va = values(a, la, n), vb = values(b, lb, n);
        const size_t inner = la.rows;
        for (size_t column = 0; column < ly.columns; ++column)
            for (size_t row = 0; row < ly.rows; ++row) {
                const float *p = &va[row * inner], *q = &vb[column * inner];
                auto product = [&](size_t k, size_t end) {
                    float sums[8] = {}, sum = 0;
                    for (; k + 8 <= end; k += 8)
                        for (int i = 0; i < 8; ++i) sums[i] += p[k + i] * q[k + i];
                    for (; k < end; ++k) sum += p[k] * q[k];
                    for (float s : sums) sum += s;
                    return sum;
                };
                float sum = splits ? rounded(product(0, inner / 2), ly.type) +
                                         rounded(product(inner / 2, inner), ly.type)
                                   : product(0, inner);
                const size_t at = n * ly.batch_stride + column * ly.stride + row;
                if (beta != 0) sum += beta * value(c, at, ly.type);
                if (d.epilogue == BIAS) sum += value(d.bias, row, ly.type);
                put(y, at, ly.type, sum);
            }
    }
}
} // namespace

extern "C" {
int cublasLtCreate(void **handle) { return *handle = (void *)7, 0; }
int cublasLtDestroy(void *) { return 0; }
int cublasLtMatrixLayoutCreate(Layout **layout, int type, uint64_t rows, uint64_t columns, int64_t stride) {
    return *layout = new Layout{type, rows, columns, stride}, stride < int64_t(rows) ? INVALID_VALUE : 0;
}
int cublasLtMatrixLayoutDestroy(Layout *layout) { return delete layout, 0; }
int cublasLtMatrixLayoutSetAttribute(Layout *layout, int attribute, const void *from, size_t bytes) {
    if (attribute == 5) return read(layout->batch, from, bytes) ? 0 : INVALID_VALUE;
    if (attribute == 6) return read(layout->batch_stride, from, bytes) ? 0 : INVALID_VALUE;
    return INVALID_VALUE;
}
int cublasLtMatmulDescCreate(Description **description, int compute, int scale) {
    return *description = new Description, compute == 68 && scale == F32 ? 0 : INVALID_VALUE;
}
int cublasLtMatmulDescDestroy(Description *description) { return delete description, 0; }
int cublasLtMatmulDescSetAttribute(Description *d, int attribute, const void *from, size_t bytes) {
    if (attribute == 3) return read(d->transposed, from, bytes) ? 0 : INVALID_VALUE;
    if (attribute == 7) return read(d->epilogue, from, bytes) ? 0 : INVALID_VALUE;
    if (attribute == 8) return read(d->bias, from, bytes) ? 0 : INVALID_VALUE;
    return INVALID_VALUE;
}
int cublasLtMatmulPreferenceCreate(Wishes **wishes) { return *wishes = new Wishes, 0; }
int cublasLtMatmulPreferenceDestroy(Wishes *wishes) { return delete wishes, 0; }
int cublasLtMatmulPreferenceSetAttribute(Wishes *wishes, int attribute, const void *from, size_t bytes) {
    if (attribute == 3) return read(wishes->reductions, from, bytes) ? 0 : INVALID_VALUE;
    const bool is_size = attribute == 1, is_alignment = attribute >= 5 && attribute <= 8;
    return (is_size && bytes == 8) || (is_alignment && bytes == 4) ? 0 : INVALID_VALUE;
}
int cublasLtMatmulAlgoGetHeuristic(void *, Description *d, Layout *a, Layout *b, Layout *c, Layout *y,
                                   Wishes *wishes, int, void *result, int *found) {
    // cublasLtMatmulHeuristicResult_t: 64 bytes of algorithm, workspace, state, ...
    memset(result, 0, 96);
    *found = 1;
    // Of the algorithm it is only noted whether it stores partial sums in the outputs' type.
    memcpy(result, &wishes->reductions, 4);
    if (d->epilogue == BIAS && getenv("EMULATED_NO_BIAS")) return *found = 0, NOT_SUPPORTED;
    // For rows that are not aligned to 4 bytes there is nothing.
    auto is_odd = [](Layout *layout) { return layout->type != F32 && layout->stride % 2; };
    if (is_odd(a) || is_odd(b) || is_odd(y) || getenv("EMULATED_NO_PRODUCT"))
        return *found = 0, NOT_SUPPORTED;
    for (Layout *layout : {a, b, y})
        if (layout->rows * layout->columns * layout->batch >= 1ull << 31) {
            fprintf(stderr, "a matrix of %lu x %lu x %d\n", layout->rows, layout->columns, layout->batch);
            abort();
        }
    const bool fits = d->transposed == 1 && a->rows == b->rows && a->columns == y->rows &&
                      b->columns == y->columns && a->batch == b->batch && a->batch == y->batch &&
                      a->type == b->type && a->type == y->type && c == y && a->batch > 0;
    return fits ? 0 : INVALID_VALUE;
}
int cublasLtMatmul(void *, Description *d, const float *alpha, const void *a, Layout *la, const void *b,
                   Layout *lb, const float *beta, const void *c, Layout *, void *y, Layout *ly,
                   const uint32_t *algorithm, void *, size_t, void *) {
    if (*alpha != 1) return INVALID_VALUE;
    const bool splits = *algorithm & IN_OUTPUT_TYPE;
    return emulated::queue([splits, d = *d, a, la = *la, b, lb = *lb, beta = *beta, c, y, ly = *ly] {
        multiply(d, splits, a, la, b, lb, beta, c, y, ly);
    });
}
}
