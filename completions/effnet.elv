
use builtin;
use str;

set edit:completion:arg-completer[effnet] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'effnet'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'effnet'= {
            cand --color 'When to use colour'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand classify 'Label pictures'
            cand find 'Find pictures that show something'
            cand eval 'Measure how often a model is right'
            cand undo 'Take back what `classify --sort-into` did'
            cand report 'Make a page of pictures that were labelled before, to look at in a browser'
            cand models 'List the published checkpoints'
            cand info 'Show what a model is: its layers, its parameters, how pictures are prepared'
            cand download 'Download checkpoints for later use'
            cand bench 'Time the forward pass on generated weights, without any download'
            cand completions 'Write a shell''s completion script'
            cand man 'Write the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'effnet;classify'= {
            cand --files-from 'Read paths from a file, one per line, or - for standard input'
            cand --tar 'Read the pictures of a tar archive, whatever it is called, or of - for standard input'
            cand --shard 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is'
            cand --variant 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]'
            cand --weights 'Which of the variant''s published weights: ns, aa, in1k, ... [default: the most accurate]'
            cand --revision 'Branch, tag or commit on the Hub [default: main]'
            cand --model 'A model of your own: a folder, a file, or a Hub id (owner/name) or address'
            cand --labels 'A file with one label per line instead of the model''s own labels'
            cand -k 'How many labels per picture, or `all`'
            cand --top-k 'How many labels per picture, or `all`'
            cand --min-score 'Leave out labels with a lower probability: 0.8, 80%; with --only, pictures'
            cand --sure 'Also give the most precise answer that is at least so sure: "spaniel", or else "dog"'
            cand --only 'Leave out pictures that do not show it: a label, or anything above labels in WordNet'
            cand --format 'How to write the answers [default: as the ending of --output says, or text]'
            cand --template 'Print a line of your own for each picture: ''{path}\\t{label}\\t{score:.2}'''
            cand -o 'Write to a file instead of standard output'
            cand --output 'Write to a file instead of standard output'
            cand --report 'Also make a page of all pictures, to look at in a browser'
            cand --sort-into 'Put each picture into a folder of its best label below DIR, or with --sure of the sure one'
            cand --device 'Where to run: auto, cpu, cuda, cuda:N or metal'
            cand --dtype 'What to compute with'
            cand --batch-size 'How many pictures go through the network at once [default: one per thread, on a GPU 64]'
            cand --threads 'How many threads to use [default: all cores]'
            cand --max-pixels 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
            cand --max-bytes 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
            cand --color 'When to use colour'
            cand -r 'Also look into the subfolders of folders'
            cand --recursive 'Also look into the subfolders of folders'
            cand -0 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
            cand --null 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
            cand --follow 'Follow links to folders that are found in folders'
            cand --hidden 'Also take files and folders whose names begin with a dot'
            cand --allow-empty 'Finding no pictures is no error'
            cand --offline 'Never connect; use what was downloaded before'
            cand --test-size 'Prepare pictures for the larger size that the model was tested at, if it has one'
            cand --sigmoid 'Score each label by itself, for models that were trained to give several to a picture'
            cand --json 'Short for --format json'
            cand --jsonl 'Short for --format jsonl'
            cand --csv 'Short for --format csv'
            cand --tsv 'Short for --format tsv'
            cand --label-only 'Print the best label alone, or with --sure the sure one; a line for each picture'
            cand --no-header 'Leave out the line of CSV and TSV that names the columns'
            cand --resume 'Skip the pictures that the output file already holds, and append to it'
            cand --retry-failed 'With --resume, try those again that failed'
            cand --link 'Sort by links to the pictures, which stay where they are [default]'
            cand --copy 'Sort copies of the pictures'
            cand --move 'Move the pictures themselves'
            cand --dry-run 'Say what would go where, and do nothing'
            cand --no-exif 'Do not turn pictures as their EXIF orientation says'
            cand --exact-decode 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
            cand --keep-going 'Exit with 0 even if some pictures failed'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;find'= {
            cand --files-from 'Read paths from a file, one per line, or - for standard input'
            cand --tar 'Read the pictures of a tar archive, whatever it is called, or of - for standard input'
            cand --shard 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is'
            cand --variant 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]'
            cand --weights 'Which of the variant''s published weights: ns, aa, in1k, ... [default: the most accurate]'
            cand --revision 'Branch, tag or commit on the Hub [default: main]'
            cand --model 'A model of your own: a folder, a file, or a Hub id (owner/name) or address'
            cand --labels 'A file with one label per line instead of the model''s own labels'
            cand --min-score 'How likely it must be, over all labels that the query means together: 0.8, 80%'
            cand --device 'Where to run: auto, cpu, cuda, cuda:N or metal'
            cand --dtype 'What to compute with'
            cand --batch-size 'How many pictures go through the network at once [default: one per thread, on a GPU 64]'
            cand --threads 'How many threads to use [default: all cores]'
            cand --max-pixels 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
            cand --max-bytes 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
            cand --color 'When to use colour'
            cand -r 'Also look into the subfolders of folders'
            cand --recursive 'Also look into the subfolders of folders'
            cand -0 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
            cand --null 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
            cand --follow 'Follow links to folders that are found in folders'
            cand --hidden 'Also take files and folders whose names begin with a dot'
            cand --allow-empty 'Finding no pictures is no error'
            cand --offline 'Never connect; use what was downloaded before'
            cand --test-size 'Prepare pictures for the larger size that the model was tested at, if it has one'
            cand --not 'Find the pictures that do not show it'
            cand --no-exif 'Do not turn pictures as their EXIF orientation says'
            cand --exact-decode 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
            cand --keep-going 'Exit with 0 even if some pictures failed'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;eval'= {
            cand --files-from 'Read paths from a file, one per line, or - for standard input'
            cand --tar 'Read the pictures of a tar archive, whatever it is called, or of - for standard input'
            cand --shard 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is'
            cand --truth 'What the pictures show: CSV, TSV or JSON Lines of paths and labels, or lines of both'
            cand --real-labels 'Count by the ReaL labels of ImageNet''s validation pictures too (real.json)'
            cand --valid-labels 'The only classes that can be right: a file with an index, WordNet id or label a line'
            cand --from 'Score what `classify --jsonl` saved, without a network; -k all saves what all numbers need'
            cand --variant 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]'
            cand --weights 'Which of the variant''s published weights: ns, aa, in1k, ... [default: the most accurate]'
            cand --revision 'Branch, tag or commit on the Hub [default: main]'
            cand --model 'A model of your own: a folder, a file, or a Hub id (owner/name) or address'
            cand --labels 'A file with one label per line instead of the model''s own labels'
            cand --against 'Compare with what `classify --jsonl` saved of another model on the same pictures'
            cand --confusion 'Write how often each class was taken for each, as CSV'
            cand --wrong 'Write the wrong answers as classify --jsonl does, and the truth with them'
            cand --fail-under 'Exit with 1 if the top-1 accuracy is lower: 0.9, 90%'
            cand --device 'Where to run: auto, cpu, cuda, cuda:N or metal'
            cand --dtype 'What to compute with'
            cand --batch-size 'How many pictures go through the network at once [default: one per thread, on a GPU 64]'
            cand --threads 'How many threads to use [default: all cores]'
            cand --max-pixels 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
            cand --max-bytes 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
            cand --color 'When to use colour'
            cand -0 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
            cand --null 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
            cand --follow 'Follow links to folders that are found in folders'
            cand --hidden 'Also take files and folders whose names begin with a dot'
            cand --ignore-unknown 'Leave out the pictures that show no class of the model, or of which nothing is known'
            cand --offline 'Never connect; use what was downloaded before'
            cand --test-size 'Prepare pictures for the larger size that the model was tested at, if it has one'
            cand --sigmoid 'Score each label by itself, for models that were trained to give several to a picture'
            cand --json 'Write one JSON object'
            cand --no-exif 'Do not turn pictures as their EXIF orientation says'
            cand --exact-decode 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
            cand --keep-going 'Exit with 0 even if some pictures failed'
            cand -r 'Also look into the subfolders of folders'
            cand --recursive 'Also look into the subfolders of folders'
            cand --allow-empty 'Finding no pictures is no error'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;undo'= {
            cand --color 'When to use colour'
            cand --dry-run 'Say what would be done, and do nothing'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;report'= {
            cand --from 'What `effnet classify --jsonl` wrote'
            cand -o 'The page'
            cand --output 'The page'
            cand --threads 'How many threads to use [default: all cores]'
            cand --max-pixels 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
            cand --max-bytes 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
            cand --color 'When to use colour'
            cand --no-exif 'Do not turn pictures as their EXIF orientation says'
            cand --exact-decode 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;models'= {
            cand --search 'Of all, those with every one of these words in their names or in what these mean: `v2`, `in21k`, `noisy student`, ...'
            cand --color 'When to use colour'
            cand --all 'All of them, not only those of B0 to B7'
            cand --json 'Write one JSON array'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;info'= {
            cand --variant 'What a bare .safetensors file is of'
            cand --weights 'Which of a variant''s published weights [default: the most accurate]'
            cand --revision 'Branch, tag or commit on the Hub [default: main]'
            cand --color 'When to use colour'
            cand --test-size 'Show it for the larger size that the model was tested at, if it has one'
            cand --json 'Write one JSON object'
            cand --offline 'Never connect; use what was downloaded before'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;download'= {
            cand --variant 'Which file of a repository that has one for each variant [default: b0]'
            cand --weights 'Which of the variants'' published weights [default: the most accurate]'
            cand --revision 'Branch, tag or commit on the Hub [default: main]'
            cand --color 'When to use colour'
            cand --offline 'Never connect; only say whether they were downloaded before'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;bench'= {
            cand --variant 'The same by its usual name'
            cand --batch-size 'How many pictures go through the network at once'
            cand --threads 'How many threads to use [default: all cores]'
            cand --runs 'How many timed runs'
            cand --device 'Where to run: auto, cpu, cuda, cuda:N or metal'
            cand --dtype 'What to compute with'
            cand --color 'When to use colour'
            cand --layers 'Also list what each layer takes'
            cand --json 'Write one JSON object'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;completions'= {
            cand --color 'When to use colour'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;man'= {
            cand --color 'When to use colour'
            cand -h 'Print help; -h is short, --help has examples'
            cand --help 'Print help; -h is short, --help has examples'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -q 'Say nothing on standard error but errors'
            cand --quiet 'Say nothing on standard error but errors'
            cand -v 'Say what is done and how long it took'
            cand --verbose 'Say what is done and how long it took'
        }
        &'effnet;help'= {
            cand classify 'Label pictures'
            cand find 'Find pictures that show something'
            cand eval 'Measure how often a model is right'
            cand undo 'Take back what `classify --sort-into` did'
            cand report 'Make a page of pictures that were labelled before, to look at in a browser'
            cand models 'List the published checkpoints'
            cand info 'Show what a model is: its layers, its parameters, how pictures are prepared'
            cand download 'Download checkpoints for later use'
            cand bench 'Time the forward pass on generated weights, without any download'
            cand completions 'Write a shell''s completion script'
            cand man 'Write the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'effnet;help;classify'= {
        }
        &'effnet;help;find'= {
        }
        &'effnet;help;eval'= {
        }
        &'effnet;help;undo'= {
        }
        &'effnet;help;report'= {
        }
        &'effnet;help;models'= {
        }
        &'effnet;help;info'= {
        }
        &'effnet;help;download'= {
        }
        &'effnet;help;bench'= {
        }
        &'effnet;help;completions'= {
        }
        &'effnet;help;man'= {
        }
        &'effnet;help;help'= {
        }
    ]
    $completions[$command]
}
