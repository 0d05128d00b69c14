int one() { return 1; }
int again(int n) {
  n += 2;
  return n;
}
int twice(int n) {
  n += 2;
  return n;
}
