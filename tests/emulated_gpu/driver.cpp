// As much of CUDA's driver as effnet uses, on the processor. Work is done when it is queued, or
// noted while a graph is recorded. Memory that is allocated or given back is filled with NaN. What
// may go wrong on a GPU goes wrong where the environment says so (run.sh).
#include "emulated.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

typedef int Result;
typedef uint64_t Address;
enum {
    SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_IMAGE = 200,
    UNSUPPORTED_PTX_VERSION = 222, ILLEGAL_STATE = 401, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700,
    CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901
};

namespace {
std::recursive_mutex lock;
#define LOCK std::lock_guard<std::recursive_mutex> guard(lock)

struct Graph {
    std::vector<std::function<void()>> steps;
    std::map<Address, size_t> memory; // allocated while it was recorded and not given back
    std::map<void *, size_t> owned;
};
Graph *recording;
bool invalidated; // the recording: nothing is taken until it ends
bool lost;        // the context: nothing is taken any more
std::map<Address, size_t> memory;
std::map<const void *, size_t> pinned;
size_t taken; // bytes of it

// A number of the environment's, or the other.
size_t setting(const char *name, size_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, nullptr, 10) : otherwise;
}
// Memory without contents, and kernels that are not run: for shapes too large for a processor.
const bool hollow = getenv("EMULATED_HOLLOW");

// A line in the file that the environment names.
void report(const char *what) {
    static const char *name = getenv("EMULATED_REPORT");
    if (!name) return;
    FILE *file = fopen(name, "a");
    if (file) fprintf(file, "%s\n", what), fclose(file);
}

void fill(Address place, size_t bytes) {
    if (!hollow) memset((void *)place, 0xff, bytes);
}

// What every call answers that has to do with the context.
Result state() { return lost ? ILLEGAL_ADDRESS : invalidated ? CAPTURE_INVALIDATED : SUCCESS; }

Result queue(std::function<void()> step) {
    LOCK;
    static size_t steps, recorded;
    static const size_t last = setting("EMULATED_LOST_AFTER", -1);
    static const size_t last_recorded = setting("EMULATED_FAIL_RECORDING", -1);
    if (++steps > last) lost = true;
    if (recording && ++recorded > last_recorded) invalidated = true;
    if (Result error = state()) return error;
    if (recording) recording->steps.push_back(step);
    else if (!hollow) step();
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

void give_back(void *place, size_t bytes) {
    if (hollow) munmap(place, bytes);
    else free(place);
}

// Candle's own kernels that a network needs, whole: the sizes of their arguments, and what they do.
struct Foreign {
    std::vector<size_t> sizes;
    void (*run)(void **);
};
template <typename T> T get(void *argument) {
    T value;
    memcpy(&value, argument, sizeof(T));
    return value;
}
void copy2d(void **a) {
    const float *from = get<const float *>(a[0]);
    float *to = get<float *>(a[1]);
    const size_t rows = get<uint32_t>(a[2]), columns = get<uint32_t>(a[3]);
    for (size_t row = 0; row < rows; ++row)
        memcpy(to + row * get<uint32_t>(a[5]), from + row * get<uint32_t>(a[4]), columns * sizeof(float));
}
template <typename T, float (*widen)(T)> void cast(void **a) {
    if (get<void *>(a[2])) fprintf(stderr, "a cast of what is not contiguous\n"), abort();
    const T *from = get<const T *>(a[3]);
    float *to = get<float *>(a[4]);
    for (size_t i = 0; i < get<size_t>(a[0]); ++i) to[i] = widen(from[i]);
}
const std::map<std::string, Foreign> foreign = {
    {"copy2d_f32", {{8, 8, 4, 4, 4, 4}, copy2d}},
    {"cast_f16_f32", {{8, 8, 8, 8, 8}, cast<__half, __half2float>}},
    {"cast_bf16_f32", {{8, 8, 8, 8, 8}, cast<__nv_bfloat16, __bfloat162float>}},
};

struct Function {
    void (*kernel)(void **);
    size_t bytes;
    const Foreign *whole;
};

// The file of a module: PTX, which can be read, and machine code.
struct Module {
    std::string bytes;

    // How often a text is there that ends with a zero or a parenthesis.
    int count(const std::string &text) const {
        int found = 0;
        for (size_t at = 0; (at = bytes.find(text, at)) != std::string::npos; ++at) ++found;
        return found;
    }
};
} // namespace

namespace emulated {
Result queue(std::function<void()> step) { return ::queue(step); }
} // namespace emulated

extern "C" {
Result cuGraphDestroy(Graph *graph) {
    LOCK;
    for (auto [place, bytes] : graph->owned) give_back(place, bytes), taken -= bytes;
    return delete graph, SUCCESS;
}

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
Result cuCtxSynchronize() {
    LOCK;
    if (recording) invalidated = true;
    return lost ? ILLEGAL_ADDRESS : recording ? CAPTURE_UNSUPPORTED : SUCCESS;
}
Result cuStreamCreate(void **stream, unsigned) { return *stream = (void *)2, SUCCESS; }
Result cuStreamDestroy_v2(void *) { return SUCCESS; }
Result cuStreamWaitEvent(void *, void *, unsigned) { return SUCCESS; }
Result cuStreamSynchronize(void *) {
    LOCK;
    if (Result error = state()) return error;
    if (recording) invalidated = true;
    return recording ? CAPTURE_UNSUPPORTED : SUCCESS;
}
Result cuEventCreate(void **event, unsigned) { return *event = (void *)3, SUCCESS; }
Result cuEventDestroy_v2(void *) { return SUCCESS; }
Result cuEventRecord(void *, void *) { return SUCCESS; }
Result cuEventSynchronize(void *) { return SUCCESS; }

Result cuMemAllocAsync(Address *place, size_t bytes, void *) {
    LOCK;
    if (Result error = state()) return error;
    static const size_t most = setting("EMULATED_MEMORY", -1);
    if (taken + bytes > most) return report("refused"), OUT_OF_MEMORY;
    if (hollow) {
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        *place = (Address)mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    } else {
        *place = (Address)aligned_alloc(256, (bytes + 255) / 256 * 256);
#ifdef __SANITIZE_ADDRESS__
        // Without the rounding, so that the first byte behind is caught.
        free((void *)*place);
        posix_memalign((void **)place, 256, bytes);
#endif
    }
    fill(*place, bytes);
    taken += bytes;
    (recording ? recording->memory : memory)[*place] = bytes;
    if (recording) {
        recording->owned[(void *)*place] = bytes;
        recording->steps.push_back([=, place = *place] { fill(place, bytes); });
    }
    return SUCCESS;
}
Result cuMemFreeAsync(Address place, void *) {
    LOCK;
    if (Result error = state()) return error;
    auto &all = recording ? recording->memory : memory;
    auto found = all.find(place);
    if (found == all.end()) {
        fprintf(stderr, "free of %#lx, which %s\n", place,
                memory.count(place) ? "was allocated outside of the graph" : "is not allocated");
        abort();
    }
    const size_t bytes = found->second;
    all.erase(found);
    if (recording) return recording->steps.push_back([=] { fill(place, bytes); }), SUCCESS;
    taken -= bytes;
    give_back((void *)place, bytes);
    return SUCCESS;
}
Result cuMemAlloc_v2(Address *place, size_t bytes) { return cuMemAllocAsync(place, bytes, nullptr); }
Result cuMemFree_v2(Address place) { return cuMemFreeAsync(place, nullptr); }
Result cuMemHostAlloc(void **place, size_t bytes, unsigned) {
    LOCK;
    return *place = malloc(bytes), pinned[*place] = bytes, SUCCESS;
}
Result cuMemFreeHost(void *place) {
    LOCK;
    return pinned.erase(place), free(place), SUCCESS;
}
Result cuDeviceGetDefaultMemPool(void **pool, int) { return *pool = (void *)4, SUCCESS; }
Result cuMemPoolSetAttribute(void *, int attribute, void *) { return attribute == 4 ? SUCCESS : INVALID_VALUE; }
Result cuMemPoolTrimTo(void *, size_t) { return SUCCESS; }
Result cuDeviceGraphMemTrim(int) { return SUCCESS; }

Result cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, void *) {
    check(to, bytes, "upload");
    if (pinned.count(from)) report(("pictures " + std::to_string(bytes)).c_str());
    return queue([=] { memcpy((void *)to, from, bytes); });
}
Result cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, void *) {
    LOCK;
    if (Result error = state()) return error;
    if (recording) return invalidated = true, CAPTURE_UNSUPPORTED;
    check(from, bytes, "download");
    if (hollow) return memset(to, 0, bytes), SUCCESS;
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

Result cuModuleLoadData(void **module, const void *data) {
    const char *from = (const char *)data;
    uint32_t kind;
    memcpy(&kind, from, 4);
    // Candle's are in PTX alone.
    if (kind != 0xba55ed50) return *module = new Module{from}, SUCCESS;
    report("module");
    // A driver translates PTX for seconds; others may ask for it meanwhile.
    usleep(20000);
    if (getenv("EMULATED_OLD_DRIVER")) return UNSUPPORTED_PTX_VERSION;
    // fatbinary.h: a number, a version, the size of this header, that of what follows.
    uint16_t header;
    uint64_t size;
    memcpy(&header, from + 6, 2), memcpy(&size, from + 8, 8);
    Module *loaded = new Module{std::string(from, header + size)};
    // bf16 is rounded in one step from Ampere on alone.
    const bool is_bf16 = loaded->bytes.find("_bf16(") != std::string::npos;
    if (!loaded->count(is_bf16 ? ".target sm_80" : ".target sm_75")) return INVALID_IMAGE;
    return *module = loaded, SUCCESS;
}
Result cuModuleUnload(void *) { return SUCCESS; }
Result cuModuleGetFunction(void **function, Module *module, const char *name) {
    static std::map<std::string, Function> functions;
    LOCK;
    Function &found = functions[name];
    if (found.kernel || found.whole) return *function = &found, SUCCESS;
    auto candles = foreign.find(name);
    if (candles != foreign.end()) {
        found.whole = &candles->second;
        return *function = &found, SUCCESS;
    }
    // What is not in the PTX, and in the machine code for four GPUs, would not be found there either.
    const std::string text = name;
    if (!module->count(".entry " + text + "(")) return NOT_FOUND;
    if (module->count(".text." + text + std::string(1, 0)) < 4) return NOT_FOUND;
    found.kernel = (void (*)(void **))dlsym(RTLD_DEFAULT, name);
    size_t *bytes = (size_t *)dlsym(RTLD_DEFAULT, (std::string(name) + "_bytes").c_str());
    if (!found.kernel || !bytes) return NOT_FOUND;
    found.bytes = *bytes;
    *function = &found;
    return SUCCESS;
}
Result cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, void *, int threads, size_t, unsigned) {
    return *blocks = 512 / threads, SUCCESS;
}
Result cuLaunchKernel(Function *function, unsigned x, unsigned y, unsigned z, unsigned block_x,
                      unsigned block_y, unsigned block_z, unsigned shared, void *, void **arguments, void **) {
    const bool fits = x && y && z && x <= 0x7fffffff && y <= 65535 && z <= 65535 && block_x &&
                      block_x * block_y * block_z <= 1024 && shared <= 48 << 10;
    if (!fits) return INVALID_VALUE;
    if (const Foreign *whole = function->whole) {
        std::vector<std::string> copies;
        for (size_t i = 0; i < whole->sizes.size(); ++i)
            copies.emplace_back((char *)arguments[i], whole->sizes[i]);
        return queue([=]() mutable {
            std::vector<void *> all;
            for (std::string &copy : copies) all.push_back(copy.data());
            whole->run(all.data());
        });
    }
    std::string argument((char *)arguments[0], function->bytes);
    return queue([=]() mutable {
        void *all[] = {argument.data()};
        run_kernel(function->kernel, all, {x, y, z}, {block_x, block_y, block_z}, shared);
    });
}

Result cuStreamBeginCapture_v2(void *, int) {
    LOCK;
    if (Result error = state()) return error;
    if (recording) return ILLEGAL_STATE;
    recording = new Graph;
    return SUCCESS;
}
Result cuStreamEndCapture(void *, Graph **graph) {
    LOCK;
    if (!recording) return ILLEGAL_STATE;
    const Result ended = state();
    if (ended) cuGraphDestroy(recording), report("invalidated");
    *graph = ended ? nullptr : recording;
    recording = nullptr;
    invalidated = false;
    return ended;
}
Result cuStreamIsCapturing(void *, int *status) {
    return *status = invalidated ? 2 : recording != nullptr, SUCCESS;
}
Result cuGraphInstantiateWithFlags(Graph **executable, Graph *graph, unsigned long long) {
    report("graph");
    if (!graph->memory.empty()) fprintf(stderr, "the graph leaves %zu allocations\n", graph->memory.size()), abort();
    return *executable = graph, SUCCESS;
}
Result cuGraphUpload(Graph *, void *) { return SUCCESS; }
Result cuGraphLaunch(Graph *graph, void *) {
    LOCK;
    if (Result error = state()) return error;
    report("replay");
    for (auto &step : graph->steps)
        if (!hollow) step();
    return SUCCESS;
}
Result cuGraphExecDestroy(Graph *) { return SUCCESS; }
Result cuGetErrorName(Result, const char **text) { return *text = "CUDA_ERROR", SUCCESS; }
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
