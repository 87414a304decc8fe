# Images in, scores and top-1 out.
load common

@test "--images --count --scores: four bytes a class and image, top-1 in the CSV and the table" {
	need_images
	nbsim --no-db --format csv --images "$test_images" --count 200 --scores scores.i32 >run.csv
	[ "$(wc -c <scores.i32)" -eq $((200 * 10 * 4)) ]
	[ "$(value run.csv run images)" = 200 ]
	awk -v top1="$(value run.csv run top1)" 'BEGIN { exit !(top1 > 0.8 && top1 < 1) }' || fail "top1 $(value run.csv run top1)"
	[[ $(nbsim --no-db --images "$test_images" --count 200) == *top-1* ]] || fail "the table names no accuracy"
}

@test "--scores: the labels' share of right scores is the top-1 that is printed" {
	need_images
	nbsim --no-db --format csv --images "$test_images" --count 300 --scores scores.i32 >run.csv
	python3 - "$(value run.csv run top1)" "$fashion/t10k-labels-idx1-ubyte.gz" <<'PY' || fail "top1"
import array, gzip, sys
scores = array.array("i", open("scores.i32", "rb").read())
labels = gzip.open(sys.argv[2]).read()[8:308]
right = sum(max(range(10), key=lambda c: (scores[10 * i + c], -c)) == labels[i] for i in range(300))
assert abs(right / 300 - float(sys.argv[1])) < 1e-8, (right / 300, sys.argv[1])
PY
}

@test "two runs, both kernels: the same scores; the first N images are the first N scores" {
	need_images
	nbsim --no-db --images "$test_images" --count 60 --kernel native --scores a >/dev/null
	nbsim --no-db --images "$test_images" --count 60 --kernel systemc --scores b >/dev/null
	nbsim --no-db --images "$test_images" --count 20 --scores c >/dev/null
	same a b
	same <(head -c 800 a) c
}

@test "plain and gzip images give the same scores" {
	need_images
	zcat "$test_images" >plain-idx3-ubyte
	nbsim --no-db --images "$test_images" --count 30 --scores a >/dev/null
	nbsim --no-db --images plain-idx3-ubyte --count 30 --scores b >/dev/null
	same a b
}

@test "images without labels: scores, no top-1" {
	need_images
	zcat "$test_images" >alone.bin
	nbsim --no-db --format csv --images alone.bin --count 10 --scores a >run.csv
	[ "$(wc -c <a)" -eq 400 ]
	absent '^run,top1,[0-9]' run.csv
	[[ $(nbsim --no-db --images alone.bin --count 10) == *"Values        10 images, no labels"* ]] || fail "the table makes up an accuracy"
}

@test "the whole machine: the scores do not depend on it, the cycles do" {
	need_images
	nbsim --no-db --images "$test_images" --count 20 --scores a --format csv >a.csv
	nbsim --no-db --images "$test_images" --count 20 --scores b --format csv --config ultra96.ini --verify 20 >b.csv
	same a b
	[ "$(value b.csv run images_on_program)" = 20 ]
	[ "$(value a.csv run total_cycles)" -ne "$(value b.csv run total_cycles)" ]
}

@test "narrower skip weights: other scores" {
	need_images
	nbsim --no-db --images "$test_images" --count 20 --scores a >/dev/null
	nbsim --no-db --images "$test_images" --count 20 --scores b --set compile.skip_weight_bits=3 >/dev/null
	differ a b
}

@test "--count, --scores, --verify without --images are refused, not dropped" {
	refused 2 "--images" nbsim --no-db --count 10
	refused 2 "--images" nbsim --no-db --scores a
	refused 2 "--images" nbsim --no-db --verify 3
}

@test "--count of more images than the file holds is refused, or says how many there were" {
	need_images
	zcat "$test_images" | { head -c 16 >/dev/null; head -c 7840; } >body
	printf '\0\0\10\3\0\0\0\12\0\0\0\34\0\0\0\34' | cat - body >ten-idx3-ubyte
	run --separate-stderr nbsim --no-db --format csv --images ten-idx3-ubyte --count 20
	if [ "$status" -eq 0 ]; then
		echo "$output" >run.csv
		[ "$(value run.csv run images)" = 10 ]
	else
		[ "$status" -eq 3 ] || [ "$status" -eq 2 ]
		[[ $stderr == *10* ]]
	fi
}
