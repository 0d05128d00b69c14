// XGRAD_ASAN where the address sanitizer is at work, g++'s or clang's.
#pragma once
#if defined(__SANITIZE_ADDRESS__)
#define XGRAD_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XGRAD_ASAN
#endif
#endif
