// As much of CUDA's driver as effnet uses, on the processor. Work is done when it is queued, or
// noted while a graph is recorded. Memory that is allocated or given back is filled with NaN.
#include "emulated.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

typedef int Result;
typedef uint64_t Address;
enum { SUCCESS = 0, INVALID_VALUE = 1, NO_DEVICE = 100, NOT_FOUND = 500, ILLEGAL_STATE = 401 };

namespace {
std::recursive_mutex lock;
#define LOCK std::lock_guard<std::recursive_mutex> guard(lock)

struct Graph {
    std::vector<std::function<void()>> steps;
    std::map<Address, size_t> memory; // allocated while it was recorded and not given back
    std::vector<void *> owned;
};
Graph *recording;
std::map<Address, size_t> memory;

void fill(Address place, size_t bytes) { memset((void *)place, 0xff, bytes); }

Result queue(std::function<void()> step) {
    LOCK;
    if (recording) recording->steps.push_back(step);
    else step();
    return SUCCESS;
}

// Whether a range lies within one allocation.
bool known(Address place, size_t bytes) {
    for (auto *all : {&memory, recording ? &recording->memory : nullptr}) {
        if (!all) continue;
        auto next = all->upper_bound(place);
        if (next == all->begin()) continue;
        --next;
        if (place + bytes <= next->first + next->second) return true;
    }
    return false;
}
void check(Address place, size_t bytes, const char *what) {
    if (bytes == 0 || known(place, bytes)) return;
    fprintf(stderr, "%s: %zu bytes at %#lx are not allocated\n", what, bytes, place);
    abort();
}

struct Function {
    void (*kernel)(void **);
    size_t bytes;
};
} // namespace

namespace emulated {
Result queue(std::function<void()> step) { return ::queue(step); }
} // namespace emulated

extern "C" {
Result cuInit(unsigned) { return getenv("EMULATED_NO_GPU") ? NO_DEVICE : SUCCESS; }
Result cuDeviceGet(int *device, int number) { return *device = number, number == 0 ? SUCCESS : 101; }
Result cuDeviceGetCount(int *count) { return *count = 1, SUCCESS; }
Result cuDeviceGetName(char *name, int size, int) { return snprintf(name, size, "emulated GPU"), SUCCESS; }
Result cuDeviceGetAttribute(int *value, int attribute, int) {
    *value = attribute == 16 ? 4 /* multiprocessors */ : attribute == 75 ? 9 : attribute == 76 ? 0 : 1;
    return SUCCESS;
}
Result cuDevicePrimaryCtxRetain(void **context, int) { return *context = (void *)1, SUCCESS; }
Result cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }
Result cuCtxSetCurrent(void *) { return SUCCESS; }
Result cuCtxGetCurrent(void **context) { return *context = (void *)1, SUCCESS; }
Result cuCtxSynchronize() { return SUCCESS; }
Result cuStreamCreate(void **stream, unsigned) { return *stream = (void *)2, SUCCESS; }
Result cuStreamDestroy_v2(void *) { return SUCCESS; }
Result cuStreamWaitEvent(void *, void *, unsigned) { return SUCCESS; }
Result cuStreamSynchronize(void *) {
    LOCK;
    return recording ? 900 : SUCCESS; // not while capturing
}
Result cuEventCreate(void **event, unsigned) { return *event = (void *)3, SUCCESS; }
Result cuEventDestroy_v2(void *) { return SUCCESS; }
Result cuEventRecord(void *, void *) { return SUCCESS; }
Result cuEventSynchronize(void *) { return SUCCESS; }

Result cuMemAllocAsync(Address *place, size_t bytes, void *) {
    LOCK;
    *place = (Address)aligned_alloc(256, (bytes + 255) / 256 * 256);
#ifdef __SANITIZE_ADDRESS__
    // Without the rounding, so that the first byte behind is caught.
    free((void *)*place);
    posix_memalign((void **)place, 256, bytes);
#endif
    fill(*place, bytes);
    (recording ? recording->memory : memory)[*place] = bytes;
    if (recording) {
        recording->owned.push_back((void *)*place);
        recording->steps.push_back([=, place = *place] { fill(place, bytes); });
    }
    return SUCCESS;
}
Result cuMemFreeAsync(Address place, void *) {
    LOCK;
    auto &all = recording ? recording->memory : memory;
    auto found = all.find(place);
    if (found == all.end()) {
        fprintf(stderr, "free of %#lx, which %s\n", place,
                memory.count(place) ? "was allocated outside of the graph" : "is not allocated");
        abort();
    }
    const size_t bytes = found->second;
    all.erase(found);
    if (recording) recording->steps.push_back([=] { fill(place, bytes); });
    else free((void *)place);
    return SUCCESS;
}
Result cuMemAlloc_v2(Address *place, size_t bytes) { return cuMemAllocAsync(place, bytes, nullptr); }
Result cuMemFree_v2(Address place) { return cuMemFreeAsync(place, nullptr); }
Result cuMemHostAlloc(void **place, size_t bytes, unsigned) { return *place = malloc(bytes), SUCCESS; }
Result cuMemFreeHost(void *place) { return free(place), SUCCESS; }
Result cuDeviceGetDefaultMemPool(void **pool, int) { return *pool = (void *)4, SUCCESS; }
Result cuMemPoolSetAttribute(void *, int attribute, void *) { return attribute == 4 ? SUCCESS : INVALID_VALUE; }
Result cuMemPoolTrimTo(void *, size_t) { return SUCCESS; }

Result cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, void *) {
    check(to, bytes, "upload");
    return queue([=] { memcpy((void *)to, from, bytes); });
}
Result cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, void *) {
    LOCK;
    if (recording) return 900;
    check(from, bytes, "download");
    return memcpy(to, (void *)from, bytes), SUCCESS;
}
Result cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void *) {
    check(to, bytes, "copy"), check(from, bytes, "copy");
    return queue([=] { memcpy((void *)to, (void *)from, bytes); });
}
Result cuMemsetD8Async(Address to, unsigned char value, size_t bytes, void *) {
    check(to, bytes, "set");
    return queue([=] { memset((void *)to, value, bytes); });
}

Result cuModuleLoadData(void **module, const void *ptx) { return *module = strdup((const char *)ptx), SUCCESS; }
Result cuModuleUnload(void *) { return SUCCESS; }
Result cuModuleGetFunction(void **function, void *module, const char *name) {
    static std::map<std::string, Function> functions;
    LOCK;
    // What is not in the PTX would not be found on a GPU either.
    if (!strstr((const char *)module, (".entry " + std::string(name) + "(").c_str())) return NOT_FOUND;
    Function &found = functions[name];
    found.kernel = (void (*)(void **))dlsym(RTLD_DEFAULT, name);
    size_t *bytes = (size_t *)dlsym(RTLD_DEFAULT, (std::string(name) + "_bytes").c_str());
    if (!found.kernel || !bytes) return NOT_FOUND;
    found.bytes = *bytes;
    *function = &found;
    return SUCCESS;
}
Result cuLaunchKernel(Function *function, unsigned x, unsigned y, unsigned z, unsigned block_x,
                      unsigned block_y, unsigned block_z, unsigned shared, void *, void **arguments, void **) {
    const bool fits = x && y && z && x <= 0x7fffffff && y <= 65535 && z <= 65535 && block_x &&
                      block_x * block_y * block_z <= 1024 && shared <= 48 << 10;
    if (!fits) return INVALID_VALUE;
    std::string argument((char *)arguments[0], function->bytes);
    return queue([=]() mutable {
        void *all[] = {argument.data()};
        run_kernel(function->kernel, all, {x, y, z}, {block_x, block_y, block_z}, shared);
    });
}

Result cuStreamBeginCapture_v2(void *, int) {
    LOCK;
    if (recording) return ILLEGAL_STATE;
    recording = new Graph;
    return SUCCESS;
}
Result cuStreamEndCapture(void *, Graph **graph) {
    LOCK;
    *graph = recording;
    recording = nullptr;
    return SUCCESS;
}
Result cuStreamIsCapturing(void *, int *status) { return *status = recording != nullptr, SUCCESS; }
Result cuGraphInstantiateWithFlags(Graph **executable, Graph *graph, unsigned long long) {
    if (!graph->memory.empty()) fprintf(stderr, "the graph leaves %zu allocations\n", graph->memory.size()), abort();
    return *executable = graph, SUCCESS;
}
Result cuGraphUpload(Graph *, void *) { return SUCCESS; }
Result cuGraphLaunch(Graph *graph, void *) {
    LOCK;
    for (auto &step : graph->steps) step();
    return SUCCESS;
}
Result cuGraphExecDestroy(Graph *) { return SUCCESS; }
Result cuGraphDestroy(Graph *graph) {
    for (void *place : graph->owned) free(place);
    return delete graph, SUCCESS;
}
Result cuGetErrorName(Result error, const char **text) { return *text = error == NO_DEVICE ? "CUDA_ERROR_NO_DEVICE" : "CUDA_ERROR", SUCCESS; }
Result cuGetErrorString(Result, const char **text) { return *text = "an emulated error", SUCCESS; }

// Candle opens these two with every device.
int cublasCreate_v2(void **handle) { return *handle = (void *)5, 0; }
int cublasDestroy_v2(void *) { return 0; }
int cublasSetStream_v2(void *, void *) { return 0; }
int curandCreateGenerator(void **generator, int) { return *generator = (void *)6, 0; }
int curandDestroyGenerator(void *) { return 0; }
int curandSetPseudoRandomGeneratorSeed(void *, unsigned long long) { return 0; }
int curandSetStream(void *, void *) { return 0; }
int curandSetGeneratorOffset(void *, unsigned long long) { return 0; }
}
