#!/bin/sh
# Makes demos.png anew: every demo after some frames, three in a row (needs ImageMagick).
#
#   sh games/pictures/make.sh path/to/mynah
set -e
mynah=${1:-target/release/mynah}
here=$(dirname "$0")
shots=$(mktemp -d)
for game in "descent 125" "anneal 330" "salesman 200" "painter 900" "maze 150" "perceptron 70" "svm 20 --press Spiral" "mlp 250" "parrot 600"; do
  set -- $game
  name=$1 frames=$2
  shift 2
  "$mynah" "$here/../$name" --shot "$shots/$name.png" --frames "$frames" "$@" > /dev/null
done
cd "$shots"
montage descent.png anneal.png salesman.png painter.png maze.png perceptron.png svm.png mlp.png parrot.png \
  -tile 3x3 -geometry 512x288+6+6 -background '#10141b' all.png
cd - > /dev/null
convert "$shots/all.png" -dither None -colors 160 -define png:compression-level=9 "PNG8:$here/demos.png"
rm -r "$shots"
