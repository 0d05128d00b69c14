// What the program can do, a file each; all return the exit code or throw Failure.
#pragma once
#include "../options/options.hpp"

namespace char_rnn {

int train(const TrainOptions& options);
int sample(const SampleOptions& options);
/// How well a run predicts a text.
int eval(const EvalOptions& options);
/// Four gradients of one window; throws Failure with Exit::gradient where they differ.
int gradcheck(const GradcheckOptions& options);
/// Times the steps of train. Throws Failure with Exit::numerical where a loss is not finite.
int bench(const BenchOptions& options);
/// The program, or a run.
int info(const InfoOptions& options);
/// A page of how a run went.
int report(const ReportOptions& options);
/// A page of a text in the colours of hidden units.
int visualize(const VisualizeOptions& options);

}  // namespace char_rnn
