#!/bin/sh
# Stands for an ffmpeg that conceals damage: every picture comes, with a complaint.
printf 'P6\n1 1\n255\nabc'
echo '[h264 @ 0x1] error while decoding MB 3 4' >&2
