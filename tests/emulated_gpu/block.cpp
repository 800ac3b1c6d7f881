// Blocks whose threads are fibers of one thread: at a barrier each waits until all came.
#include "emulated.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include <vector>

Dim3 threadIdx, blockIdx, blockDim, gridDim;
unsigned char *dynamic_shared;

namespace {
constexpr size_t STACK = 64 << 10;

// A fiber lives on: it runs its thread of one block after the other. Contexts begin it; jumps, which
// cost no system call, do the rest.
struct Fiber {
    ucontext_t context;
    jmp_buf place;
    char *stack = nullptr;
    bool done = true;
    int barriers = 0;
#ifdef __SANITIZE_ADDRESS__
    void *fake_stack = nullptr;
#endif
};
std::vector<Fiber *> fibers;
std::vector<float> offered; // what each thread shows the others in a shuffle
ucontext_t scheduler_context;
jmp_buf scheduler;
size_t current;
bool in_fiber;
void (*running)(void **);
void **running_arguments;

#ifdef __SANITIZE_ADDRESS__
// The sanitizer must be told of every change of stacks, and follows contexts only.
extern "C" void __sanitizer_start_switch_fiber(void **, const void *, size_t);
extern "C" void __sanitizer_finish_switch_fiber(void *, const void **, size_t *);
const void *scheduler_stack;
size_t scheduler_stack_size;
void *scheduler_fake_stack;

void leave(Fiber &fiber) {
    __sanitizer_start_switch_fiber(&fiber.fake_stack, scheduler_stack, scheduler_stack_size);
    swapcontext(&fiber.context, &scheduler_context);
    __sanitizer_finish_switch_fiber(fiber.fake_stack, &scheduler_stack, &scheduler_stack_size);
}
void enter(Fiber &fiber) {
    __sanitizer_start_switch_fiber(&scheduler_fake_stack, fiber.stack, STACK);
    swapcontext(&scheduler_context, &fiber.context);
    __sanitizer_finish_switch_fiber(scheduler_fake_stack, nullptr, nullptr);
}
void begun() { __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack, &scheduler_stack_size); }
#else
void leave(Fiber &fiber) {
    if (!_setjmp(fiber.place)) _longjmp(scheduler, 1);
}
void enter(Fiber &fiber) {
    if (_setjmp(scheduler)) return;
    if (fiber.context.uc_link) { // not begun yet
        fiber.context.uc_link = nullptr;
        setcontext(&fiber.context);
    }
    _longjmp(fiber.place, 1);
}
void begun() {}
#endif

void wait() {
    if (!in_fiber) {
        fprintf(stderr, "threads of a block disagree on barriers\n");
        abort();
    }
    ++fibers[current]->barriers;
    leave(*fibers[current]);
}

void live() {
    begun();
    for (;;) {
        running(running_arguments);
        Fiber &fiber = *fibers[current];
        fiber.done = true;
        leave(fiber);
    }
}

Fiber *fiber() {
    Fiber *fiber = new Fiber;
    fiber->stack = (char *)malloc(STACK);
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = STACK;
    fiber->context.uc_link = &scheduler_context;
    makecontext(&fiber->context, live, 0);
    return fiber;
}

// Up to the thread's next barrier or its end.
void go_on() {
    threadIdx.x = current;
    in_fiber = true;
    enter(*fibers[current]);
    in_fiber = false;
}

void run_block(size_t threads) {
    for (size_t i = 0; i < threads; ++i) fibers[i]->done = false, fibers[i]->barriers = 0;
    current = 0;
    go_on();
    if (fibers[0]->done && fibers[0]->barriers == 0) {
        // A kernel without barriers: plain calls do.
        for (current = 1; current < threads; ++current) {
            threadIdx.x = current;
            running(running_arguments);
        }
        return;
    }
    for (current = 1; current < threads; ++current) go_on();
    for (bool left = true; left;) {
        left = false;
        for (current = 0; current < threads; ++current) {
            if (!fibers[current]->done) go_on();
            left |= !fibers[current]->done;
        }
    }
    in_fiber = false;
    for (current = 1; current < threads; ++current)
        if (fibers[current]->barriers != fibers[0]->barriers) wait(); // says so
}
} // namespace

void __syncthreads() { wait(); }

float __shfl_xor_sync(unsigned, float value, int distance) {
    const size_t self = current;
    offered[self] = value;
    wait();
    const float other = offered[self ^ distance];
    wait();
    return other;
}

void run_kernel(void (*kernel)(void **), void **arguments, Dim3 grid, Dim3 block, size_t shared) {
    const size_t threads = block.x;
    while (fibers.size() < threads) fibers.push_back(fiber());
    offered.resize(fibers.size());
    running = kernel;
    running_arguments = arguments;
    blockDim = block;
    gridDim = grid;
    for (blockIdx.z = 0; blockIdx.z < grid.z; ++blockIdx.z)
        for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y)
            for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x) {
                dynamic_shared = (unsigned char *)malloc(shared);
                memset(dynamic_shared, 0xff, shared); // NaN
                run_block(threads);
                free(dynamic_shared);
            }
}
