// Ctrl-C as a wish: the loop sees it after the step, saves and leaves. A second one ends the program at once.
#pragma once

namespace char_rnn {

/// From now on SIGINT and SIGTERM are noted, except where the program was started with them ignored.
void catch_interrupts();

/// The signal that came, or 0.
int interrupted();

}  // namespace char_rnn
