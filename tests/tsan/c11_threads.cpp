// C11 threads on top of pthreads, for programs under ThreadSanitizer. Debian's librdkafka uses libc's C11 threads,
// which ThreadSanitizer doesn't see: it would know neither the threads nor what their locks order. These definitions
// stand in the program, exported, so that they are found before libc's.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <memory>

extern "C" {
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}

namespace {

// Making and destroying a lock writes to it, which librdkafka orders by locks that count for nothing here.
struct unseen_write {
  unseen_write() { AnnotateIgnoreWritesBegin(__FILE__, __LINE__); }
  ~unseen_write() { AnnotateIgnoreWritesEnd(__FILE__, __LINE__); }
};

int to_c11(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case ETIMEDOUT:
      return thrd_timedout;
    case EBUSY:
      return thrd_busy;
    case ENOMEM:
      return thrd_nomem;
    default:
      return thrd_error;
  }
}

// glibc lays both out alike: mtx_t has the size and alignment of pthread_mutex_t, cnd_t those of pthread_cond_t.
static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));
static_assert(sizeof(thrd_t) == sizeof(pthread_t) && sizeof(tss_t) == sizeof(pthread_key_t));
pthread_mutex_t* mutex_of(mtx_t* mutex) {
  return reinterpret_cast<pthread_mutex_t*>(mutex);
}
pthread_cond_t* condition_of(cnd_t* condition) {
  return reinterpret_cast<pthread_cond_t*>(condition);
}

struct start {
  thrd_start_t function;
  void* argument;
};

void* run(void* raw) {
  const std::unique_ptr<start> what(static_cast<start*>(raw));
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(what->function(what->argument)));
}

}  // namespace

extern "C" {

// librdkafka's own code isn't instrumented, so ThreadSanitizer doesn't see the atomic counters by which it knows that
// it may free what others have used. So what it does to memory counts for nothing; its threads, mutexes and conditions
// come by the functions below, and order what our threads do.
const char* __tsan_default_suppressions() {
  return "called_from_lib:librdkafka.so.1\n";
}

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  auto what = std::make_unique<start>(start{function, argument});
  const int error = pthread_create(thread, nullptr, &run, what.get());
  if (error == 0) (void)what.release();
  return to_c11(error);
}

int thrd_join(thrd_t thread, int* result) {
  void* raw = nullptr;
  const int error = pthread_join(thread, &raw);
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(raw));
  return to_c11(error);
}

int thrd_detach(thrd_t thread) {
  return to_c11(pthread_detach(thread));
}
void thrd_exit(int result) {
  pthread_exit(reinterpret_cast<void*>(static_cast<std::intptr_t>(result)));
}

int mtx_init(mtx_t* mutex, int type) {
  const unseen_write unseen;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  const int error = pthread_mutex_init(mutex_of(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return to_c11(error);
}

int mtx_lock(mtx_t* mutex) {
  return to_c11(pthread_mutex_lock(mutex_of(mutex)));
}
int mtx_trylock(mtx_t* mutex) {
  return to_c11(pthread_mutex_trylock(mutex_of(mutex)));
}
int mtx_timedlock(mtx_t* mutex, const timespec* until) {
  return to_c11(pthread_mutex_timedlock(mutex_of(mutex), until));
}
int mtx_unlock(mtx_t* mutex) {
  return to_c11(pthread_mutex_unlock(mutex_of(mutex)));
}
void mtx_destroy(mtx_t* mutex) {
  pthread_mutex_destroy(mutex_of(mutex));
}

int cnd_init(cnd_t* condition) {
  return to_c11(pthread_cond_init(condition_of(condition), nullptr));
}
int cnd_signal(cnd_t* condition) {
  return to_c11(pthread_cond_signal(condition_of(condition)));
}
int cnd_broadcast(cnd_t* condition) {
  return to_c11(pthread_cond_broadcast(condition_of(condition)));
}
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return to_c11(pthread_cond_wait(condition_of(condition), mutex_of(mutex)));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  return to_c11(pthread_cond_timedwait(condition_of(condition), mutex_of(mutex), until));
}
void cnd_destroy(cnd_t* condition) {
  pthread_cond_destroy(condition_of(condition));
}

void call_once(once_flag* flag, void (*function)(void)) {
  static_assert(sizeof(once_flag) == sizeof(pthread_once_t));
  pthread_once(reinterpret_cast<pthread_once_t*>(flag), function);
}

}  // extern "C"
