void vjp();  // backward code in a model: arrows.cmake must say so
