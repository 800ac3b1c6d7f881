# Completion of effnet for bash: `effnet completions bash` writes this.

_effnet() {
    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD - 1]}"
    local command='' flags='' kind='' i IFS=$' \t\n'
    # --flag=value comes as three words.
    if [[ $cur == '=' ]]; then
        cur=''
    elif [[ $prev == '=' ]]; then
        prev="${COMP_WORDS[COMP_CWORD - 2]}"
    fi
    local variants='b0 b1 b2 b3 b4 b5 b6 b7 b8 l2 b1-pruned b2-pruned b3-pruned v2-b0 v2-b1 v2-b2 v2-b3 v2-s v2-m v2-l v2-xl v2-rw-t v2-rw-s v2-rw-m lite0 lite1 lite2 lite3 lite4 es em el es-pruned el-pruned x-b5 h-b5 test demo'
    local tags='aa agc ap ft in1k in21k ns r160 ra ra2 ra4 sw'
    for ((i = 1; i < COMP_CWORD; i++)); do
        case $command,${COMP_WORDS[i]} in
            ,classify) command=classify ;;
            ,find) command=find ;;
            ,explain) command=explain ;;
            ,embed) command=embed ;;
            ,similar) command=similar ;;
            ,eval) command=eval ;;
            ,train) command=train ;;
            ,undo) command=undo ;;
            ,check) command=check ;;
            ,report) command=report ;;
            ,models) command=models ;;
            ,info) command=info ;;
            ,download) command=download ;;
            ,bench) command=bench ;;
            ,completions) command=completions ;;
            ,man) command=man ;;
            ,help) command=help ;;
            *,b0) tags='ra4 ra aa ap in1k ns' ;;
            *,b1) tags='ft ra4 aa ap in1k ns' ;;
            *,b2) tags='ra aa ap in1k ns' ;;
            *,b3) tags='ra2 aa ap in1k ns' ;;
            *,b4) tags='ra2 aa ap in1k ns' ;;
            *,b5) tags='sw_in12k sw_in12k_ft_in1k aa ap in1k ns ra' ;;
            *,b6) tags='aa ap ns' ;;
            *,b7) tags='aa ap ns ra' ;;
            *,b8) tags='ap ra' ;;
            *,l2) tags='ns_jft_in1k ns_jft_in1k_475' ;;
            *,b1-pruned) tags='in1k' ;;
            *,b2-pruned) tags='in1k' ;;
            *,b3-pruned) tags='in1k' ;;
            *,v2-b0) tags='in1k' ;;
            *,v2-b1) tags='in1k' ;;
            *,v2-b2) tags='in1k' ;;
            *,v2-b3) tags='in1k in21k in21k_ft_in1k' ;;
            *,v2-s) tags='in1k in21k in21k_ft_in1k' ;;
            *,v2-m) tags='in1k in21k in21k_ft_in1k' ;;
            *,v2-l) tags='in1k in21k in21k_ft_in1k' ;;
            *,v2-xl) tags='in21k in21k_ft_in1k' ;;
            *,v2-rw-t) tags='ra2' ;;
            *,v2-rw-s) tags='ra2' ;;
            *,v2-rw-m) tags='agc' ;;
            *,lite0) tags='ra in1k' ;;
            *,lite1) tags='in1k' ;;
            *,lite2) tags='in1k' ;;
            *,lite3) tags='in1k' ;;
            *,lite4) tags='in1k' ;;
            *,es) tags='ra in1k' ;;
            *,em) tags='ra2 in1k' ;;
            *,el) tags='ra in1k' ;;
            *,es-pruned) tags='in1k' ;;
            *,el-pruned) tags='in1k' ;;
            *,x-b5) tags='sw' ;;
            *,h-b5) tags='sw' ;;
            *,test) tags='r160' ;;
        esac
    done
    case $command in
        '')
            flags='-q --quiet -v --verbose --color -h --help -V --version'
            kind='classify find explain embed similar eval train undo check report models info download bench completions man help'
            case $prev in
                --color) kind='auto always never value' ;;
            esac
            ;;
        classify)
            flags='-r --recursive --files-from -0 --null --follow --hidden --allow-empty --name --tar --shard --variant --weights --revision --offline --model --test-size --labels -k --top-k --min-score --sure --only --sigmoid --format --json --jsonl --csv --tsv --template --label-only --no-header -o --output --report --resume --retry-failed --sort-into --link --copy --move --dry-run --device --dtype --batch-size --threads --no-exif --exact-decode --max-pixels --max-bytes --keep-going -h --help -V --version -q --quiet -v --verbose --color'
            kind='files'
            case $prev in
                --files-from) kind='files value' ;;
                --name) kind='files value' ;;
                --tar) kind='files value' ;;
                --shard) kind=' value' ;;
                --variant) kind='variants value' ;;
                --weights) kind='tags value' ;;
                --revision) kind=' value' ;;
                --model) kind='models value' ;;
                --labels) kind='files value' ;;
                -k | --top-k) kind=' value' ;;
                --min-score) kind=' value' ;;
                --sure) kind=' value' ;;
                --only) kind=' value' ;;
                --format) kind='text json jsonl csv tsv value' ;;
                --template) kind=' value' ;;
                -o | --output) kind='files value' ;;
                --report) kind='files value' ;;
                --sort-into) kind='files value' ;;
                --device) kind='auto cpu cuda metal value' ;;
                --dtype) kind='auto f32 f16 bf16 int8 value' ;;
                --batch-size) kind=' value' ;;
                --threads) kind=' value' ;;
                --max-pixels) kind=' value' ;;
                --max-bytes) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        find)
            flags='-r --recursive --files-from -0 --null --follow --hidden --allow-empty --name --tar --shard --variant --weights --revision --offline --model --test-size --labels --min-score --not --device --dtype --batch-size --threads --no-exif --exact-decode --max-pixels --max-bytes --keep-going -h --help -V --version -q --quiet -v --verbose --color'
            kind=''
            case $prev in
                --files-from) kind='files value' ;;
                --name) kind='files value' ;;
                --tar) kind='files value' ;;
                --shard) kind=' value' ;;
                --variant) kind='variants value' ;;
                --weights) kind='tags value' ;;
                --revision) kind=' value' ;;
                --model) kind='models value' ;;
                --labels) kind='files value' ;;
                --min-score) kind=' value' ;;
                --device) kind='auto cpu cuda metal value' ;;
                --dtype) kind='auto f32 f16 bf16 int8 value' ;;
                --batch-size) kind=' value' ;;
                --threads) kind=' value' ;;
                --max-pixels) kind=' value' ;;
                --max-bytes) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        explain)
            flags='-r --recursive --files-from -0 --null --follow --hidden --allow-empty --name --tar --shard --variant --weights --revision --offline --model --test-size --labels --label -k --top-k --against --check --sigmoid -o --output --signed --json --jsonl --raw --device --dtype --batch-size --threads --no-exif --exact-decode --max-pixels --max-bytes --keep-going -h --help -V --version -q --quiet -v --verbose --color'
            kind='files'
            case $prev in
                --files-from) kind='files value' ;;
                --name) kind='files value' ;;
                --tar) kind='files value' ;;
                --shard) kind=' value' ;;
                --variant) kind='variants value' ;;
                --weights) kind='tags value' ;;
                --revision) kind=' value' ;;
                --model) kind='models value' ;;
                --labels) kind='files value' ;;
                --label) kind=' value' ;;
                -k | --top-k) kind=' value' ;;
                --against) kind=' value' ;;
                -o | --output) kind='files value' ;;
                --device) kind='auto cpu cuda metal value' ;;
                --dtype) kind='auto f32 f16 bf16 int8 value' ;;
                --batch-size) kind=' value' ;;
                --threads) kind=' value' ;;
                --max-pixels) kind=' value' ;;
                --max-bytes) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        embed)
            flags='-r --recursive --files-from -0 --null --follow --hidden --allow-empty --name --tar --shard --variant --weights --revision --offline --model --test-size --labels -o --output --resume --normalize --device --dtype --batch-size --threads --no-exif --exact-decode --max-pixels --max-bytes --keep-going -h --help -V --version -q --quiet -v --verbose --color'
            kind='files'
            case $prev in
                --files-from) kind='files value' ;;
                --name) kind='files value' ;;
                --tar) kind='files value' ;;
                --shard) kind=' value' ;;
                --variant) kind='variants value' ;;
                --weights) kind='tags value' ;;
                --revision) kind=' value' ;;
                --model) kind='models value' ;;
                --labels) kind='files value' ;;
                -o | --output) kind='files value' ;;
                --device) kind='auto cpu cuda metal value' ;;
                --dtype) kind='auto f32 f16 bf16 int8 value' ;;
                --batch-size) kind=' value' ;;
                --threads) kind=' value' ;;
                --max-pixels) kind=' value' ;;
                --max-bytes) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        similar)
            flags='--in -r --recursive --variant --weights --revision --offline --model --test-size --labels --duplicates -k --top-k --min-cosine --jsonl -0 --null --device --dtype --batch-size --threads --no-exif --exact-decode --max-pixels --max-bytes --keep-going -h --help -V --version -q --quiet -v --verbose --color'
            kind='files'
            case $prev in
                --in) kind='files value' ;;
                --variant) kind='variants value' ;;
                --weights) kind='tags value' ;;
                --revision) kind=' value' ;;
                --model) kind='models value' ;;
                --labels) kind='files value' ;;
                -k | --top-k) kind=' value' ;;
                --min-cosine) kind=' value' ;;
                --device) kind='auto cpu cuda metal value' ;;
                --dtype) kind='auto f32 f16 bf16 int8 value' ;;
                --batch-size) kind=' value' ;;
                --threads) kind=' value' ;;
                --max-pixels) kind=' value' ;;
                --max-bytes) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        eval)
            flags='--files-from -0 --null --follow --hidden --name --tar --shard --truth --ignore-unknown --real-labels --valid-labels --from --variant --weights --revision --offline --model --test-size --labels --sigmoid --against --json --confusion --wrong --fail-under --device --dtype --batch-size --threads --no-exif --exact-decode --max-pixels --max-bytes --keep-going -h --help -V --version -q --quiet -v --verbose --color'
            kind='files'
            case $prev in
                --files-from) kind='files value' ;;
                --name) kind='files value' ;;
                --tar) kind='files value' ;;
                --shard) kind=' value' ;;
                --truth) kind='files value' ;;
                --real-labels) kind='files value' ;;
                --valid-labels) kind='files value' ;;
                --from) kind='files value' ;;
                --variant) kind='variants value' ;;
                --weights) kind='tags value' ;;
                --revision) kind=' value' ;;
                --model) kind='models value' ;;
                --labels) kind='files value' ;;
                --against) kind='files value' ;;
                --confusion) kind='files value' ;;
                --wrong) kind='files value' ;;
                --fail-under) kind=' value' ;;
                --device) kind='auto cpu cuda metal value' ;;
                --dtype) kind='auto f32 f16 bf16 int8 value' ;;
                --batch-size) kind=' value' ;;
                --threads) kind=' value' ;;
                --max-pixels) kind=' value' ;;
                --max-bytes) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        train)
            flags='--from --variant --weights --revision --offline --model --test-size --balance --seed -o --output --json --device --dtype --batch-size --threads --no-exif --exact-decode --max-pixels --max-bytes --keep-going -h --help -V --version -q --quiet -v --verbose --color'
            kind='files'
            case $prev in
                --from) kind='files value' ;;
                --variant) kind='variants value' ;;
                --weights) kind='tags value' ;;
                --revision) kind=' value' ;;
                --model) kind='models value' ;;
                --seed) kind=' value' ;;
                -o | --output) kind='models value' ;;
                --device) kind='auto cpu cuda metal value' ;;
                --dtype) kind='auto f32 f16 bf16 int8 value' ;;
                --batch-size) kind=' value' ;;
                --threads) kind=' value' ;;
                --max-pixels) kind=' value' ;;
                --max-bytes) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        undo)
            flags='--dry-run -h --help -V --version -q --quiet -v --verbose --color'
            kind='files'
            case $prev in
                --color) kind='auto always never value' ;;
            esac
            ;;
        check)
            flags='--shards -h --help -V --version -q --quiet -v --verbose --color'
            kind='files'
            case $prev in
                --shards) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        report)
            flags='--from -o --output --threads --no-exif --exact-decode --max-pixels --max-bytes -h --help -V --version -q --quiet -v --verbose --color'
            kind=''
            case $prev in
                --from) kind='files value' ;;
                -o | --output) kind='files value' ;;
                --threads) kind=' value' ;;
                --max-pixels) kind=' value' ;;
                --max-bytes) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        models)
            flags='--all --search --json -h --help -V --version -q --quiet -v --verbose --color'
            kind='variants'
            case $prev in
                --search) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        info)
            flags='--test-size --json --variant --weights --revision --offline -h --help -V --version -q --quiet -v --verbose --color'
            kind='models'
            case $prev in
                --variant) kind='variants value' ;;
                --weights) kind='tags value' ;;
                --revision) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        download)
            flags='--variant --weights --revision --offline -h --help -V --version -q --quiet -v --verbose --color'
            kind='variants'
            case $prev in
                --variant) kind='variants value' ;;
                --weights) kind='tags value' ;;
                --revision) kind=' value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        bench)
            flags='--variant --batch-size --threads --runs --layers --device --dtype --json -h --help -V --version -q --quiet -v --verbose --color'
            kind='variants'
            case $prev in
                --variant) kind='variants value' ;;
                --batch-size) kind=' value' ;;
                --threads) kind=' value' ;;
                --runs) kind=' value' ;;
                --device) kind='auto cpu cuda metal value' ;;
                --dtype) kind='auto f32 f16 bf16 int8 value' ;;
                --color) kind='auto always never value' ;;
            esac
            ;;
        completions)
            flags='-h --help -V --version -q --quiet -v --verbose --color'
            kind='bash elvish fish powershell zsh'
            case $prev in
                --color) kind='auto always never value' ;;
            esac
            ;;
        man)
            flags='-h --help -V --version -q --quiet -v --verbose --color'
            kind=''
            case $prev in
                --color) kind='auto always never value' ;;
            esac
            ;;
        help)
            flags=''
            kind='classify find explain embed similar eval train undo check report models info download bench completions man help'
            ;;
    esac
    if [[ $cur == -* && $kind != *value ]]; then
        COMPREPLY=($(compgen -W "$flags" -- "$cur"))
        return
    fi
    case ${kind% value} in
        files) COMPREPLY=() ;;
        variants) COMPREPLY=($(compgen -W "$variants" -- "$cur")) ;;
        models)
            IFS=$'\n'
            COMPREPLY=($(compgen -W "${variants// /$'\n'}" -- "$cur") $(compgen -f -- "$cur"))
            compopt -o filenames 2> /dev/null
            ;;
        tags) COMPREPLY=($(compgen -W "$tags" -- "$cur")) ;;
        *) COMPREPLY=($(compgen -W "${kind% value}" -- "$cur")) ;;
    esac
    # Only where files are wanted does bash go on with them.
    case $kind in
        files* | models*) ;;
        *) compopt +o default 2> /dev/null ;;
    esac
}

complete -o default -F _effnet effnet
