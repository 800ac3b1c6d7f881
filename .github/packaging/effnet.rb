# Homebrew's formula. The release workflow fills in the names between at-signs.
class Effnet < Formula
  desc "Label pictures from the shell with EfficientNet"
  homepage "@REPOSITORY@"
  url "@REPOSITORY@/archive/refs/tags/v@VERSION@.tar.gz"
  sha256 "@SHA256@"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "nasm" => :build if Hardware::CPU.intel?
  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    generate_completions_from_executable(bin/"effnet", "completions", shells: [:bash, :zsh, :fish])
    man1.install "assets/effnet.1"
    pkgshare.install "assets/pictures"
  end

  test do
    answer = shell_output("#{bin}/effnet classify #{pkgshare}/pictures/star.jpg --variant demo --label-only")
    assert_equal "star", answer.strip
  end
end
